"""The losses: how far the student is from the source's feature maps and from the teacher's predictions."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Maps = dict[str, Tensor]


class FeatureTargets(nn.Module):
    """The source's feature maps in the student's order of channels, divided by each channel's deviation.

    Args:
        source: returns {"relu3": [n, c, 13, 13], ...} for uint8 crops.
        order: for each layer and each channel of the student, the matching channel of the source.
        crops: on which the deviations are measured.
    """

    def __init__(self, source: nn.Module, order: Maps, crops: Tensor) -> None:
        super().__init__()
        self.source, self.layers = source, tuple(order)
        with torch.no_grad():
            sample = source(crops)
        for name, channels in order.items():
            self.register_buffer(f"order_{name}", channels)
            deviation = sample[name].transpose(0, 1).flatten(1).std(1).clamp_min(1e-3)
            self.register_buffer(f"scale_{name}", deviation[channels].view(-1, 1, 1))

    def forward(self, crops: Tensor) -> Tensor:
        """Return the scaled feature maps of all layers, flattened into one tensor: [n, all values]."""
        maps = self.source(crops)
        return self.scaled({name: maps[name][:, self.get_buffer(f"order_{name}")] for name in self.layers})

    def scaled(self, maps: Maps) -> Tensor:
        """Return feature maps in the student's order as targets for `loss`: [n, all values]."""
        parts = [(maps[name].float() / self.get_buffer(f"scale_{name}")).flatten(1) for name in self.layers]
        return torch.cat(parts, 1)

    def loss(self, maps: Maps, targets: Tensor) -> Tensor:
        """Return the mean squared error, divided by each channel's variance and averaged over layers."""
        total, start = targets.new_zeros(()), 0
        for name in self.layers:
            scaled = (maps[name].float() / self.get_buffer(f"scale_{name}")).flatten(1)
            total = total + F.mse_loss(scaled, targets[:, start : start + scaled.shape[1]])
            start += scaled.shape[1]
        return total / len(self.layers)


def matching_channels(ours: Tensor, theirs: Tensor) -> Tensor:
    """Return for each of our channels the one of theirs that correlates most.

    [n, c, h, w], [n, d, h, w] -> [c]
    """
    a, b = (maps.transpose(0, 1).flatten(1) for maps in (ours, theirs))
    a, b = (F.normalize(x - x.mean(1, keepdim=True), dim=1) for x in (a, b))
    return (a @ b.T).argmax(1)


def class_loss(
    scores: Tensor, teacher: Tensor, label: Tensor, label_share: float = 0.1, temperature: float = 1.0
) -> Tensor:
    """Return how far the student's prediction is from the teacher's and from the label.

    Args:
        scores, teacher: [n, classes], before the softmax.  label: [n], -1 if unknown.
        label_share: weight of the labels.
        temperature: by which both scores are divided (Hinton et al. 2015).
    """
    soft = F.kl_div(
        (scores / temperature).log_softmax(1), (teacher / temperature).softmax(1), reduction="batchmean"
    )
    loss = soft * temperature**2
    known = label >= 0
    if label_share and bool(known.any()):
        loss = loss + label_share * F.cross_entropy(scores[known], label[known]) * known.float().mean()
    return loss


def even_chances(classes: Tensor, evenness: float) -> Tensor:
    """Return the probability with which to draw each row, so that rare classes are drawn more often.

    A row of a class with m rows is drawn in proportion to m ** -evenness.

    Args:
        classes: class of each row, int64 [n].
        evenness: 0 draws all rows equally often, 1 all classes.

    Returns:
        [n], with a sum of 1.
    """
    chances = torch.bincount(classes)[classes].double() ** -evenness
    return (chances / chances.sum()).float()
