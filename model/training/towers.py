"""Compute two-tower convolutions that imitate the source's, by least squares, layer by layer.

Each tower reads only half of the channels, so a kernel of the source cannot simply be copied. Instead, ridge
regression finds the kernel that comes closest to the source's output. This is faster than gradient descent by
orders of magnitude; gradient descent then starts from its result.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..alexnet import AlexNet, LocalResponseNorm
from .filters import chroma, new_filters
from .source import Kernels, SourceConvolutions


def ridge(patches: Tensor, targets: Tensor, strength: float = 1e-3) -> tuple[Tensor, Tensor]:
    """Return the weight [out, in] and bias [out] that map patches [p, in] to targets [p, out] best."""
    mean_x, mean_y = patches.mean(0), targets.mean(0)
    x, y = patches - mean_x, targets - mean_y
    gram = (x.T @ x).double()
    gram.diagonal().add_(strength * gram.diagonal().mean())
    weight = torch.linalg.solve(gram, (x.T @ y).double()).T.float()
    return weight, mean_y - weight @ mean_x


def patches_at(maps: Tensor, kernel: int, padding: int, rows: Tensor, columns: Tensor) -> Tensor:
    """Return the windows of a layer's input at some positions of its output.

    [n, c, h, w] -> [n * positions, c * kernel * kernel]
    """
    maps = F.pad(maps, [padding] * 4)
    steps = torch.arange(kernel)
    r = (rows[:, None] + steps)[:, :, None]
    c = (columns[:, None] + steps)[:, None, :]
    return maps[:, :, r, c].permute(0, 2, 1, 3, 4).flatten(0, 1).flatten(1)


def split_by_weight(energy: Tensor, rounds: int = 20) -> Tensor:
    """Return two equal halves of the inputs, chosen so that each output needs mostly one half: bool [in].

    The result is improved step by step, as in k-means.

    Args:
        energy: how much each output takes from each input, [out, in].
    """
    relative = energy / energy.sum(1, keepdim=True)
    centred = relative - relative.mean(0)
    first = torch.linalg.svd(centred, full_matrices=False).Vh[0]
    half = relative.shape[1] // 2
    side = torch.zeros(relative.shape[1], dtype=torch.bool)
    side[first.argsort()[:half]] = True
    for _ in range(rounds):
        lean = (relative[:, side].sum(1) - relative[:, ~side].sum(1)).sign()
        side = torch.zeros_like(side)
        side[(lean @ relative).argsort(descending=True)[:half]] = True
    return side


def tower_slots(errors: Tensor, slots: int) -> tuple[Tensor, Tensor]:
    """Return the source channels that each tower is to compute, `slots` for each tower.

    Every channel goes to the tower with the smaller error. If there are slots left, the channels with the
    largest errors go to both towers.

    Args:
        errors: error of each tower for each channel, as a share of its variance, [2, channels].
    """
    channels = errors.shape[1]
    order = (errors[0] - errors[1]).argsort()  # the channels that suit the first tower best come first
    spare = 2 * slots - channels
    worst = torch.zeros(channels, dtype=torch.bool)
    worst[errors.amin(0).argsort(descending=True)[:spare]] = True
    single = [c for c in order.tolist() if not worst[c]]
    both = worst.nonzero()[:, 0].tolist()
    free = slots - len(both)
    return torch.tensor(sorted(both + single[:free])), torch.tensor(sorted(both + single[free:]))


def relative_change(norm: LocalResponseNorm, maps: Tensor) -> float:
    """Return how much LRN changes its input, apart from the constant factor k^-beta."""
    plain = maps * norm.constants.k**-norm.constants.beta
    return float((norm(maps) - plain).abs().mean() / plain.abs().mean())


def scale_for(norm: LocalResponseNorm, maps: Tensor, wanted: float) -> float:
    """Return the factor by which to multiply feature maps so that LRN changes them by the wanted share."""
    low, high = 1e-2, 1e5
    for _ in range(40):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if relative_change(norm, maps * middle) < wanted else (low, middle)
    return low


class TowerBuilder:
    """Computes a student's convolutions one after the other.

    Args:
        x: normalized crops, [n, 3, 227, 227].
        lrn_effect: the share by which each LRN layer should change its input.
        cells: number of positions in each feature map from which a kernel is computed.

    Attributes:
        errors: of each layer, on the crops x, as a share of the variance.
        order: for relu2 to relu5 and each channel of the student, the matching channel of the source.
    """

    def __init__(
        self, student: AlexNet, kernels: Kernels, x: Tensor, lrn_effect: float = 0.25, cells: int = 40
    ) -> None:
        self.student, self.kernels, self.cells = student, kernels, cells
        with torch.inference_mode():
            self.wanted = SourceConvolutions(kernels).preactivations(x)
        self.maps, self.lrn_effect = x, lrn_effect
        self.generator = torch.Generator().manual_seed(0)
        self.errors: dict[str, float] = {}
        self.order: dict[str, Tensor] = {}

    @torch.inference_mode()
    def build(self) -> AlexNet:
        self._conv1()
        self._grouped("conv2", 2)
        self._towers_of_conv3()
        self._grouped("conv4", None)
        self._grouped("conv5", None)
        return self.student

    def _layer(self, name: str) -> nn.Conv2d:
        layer = self.student.get_submodule(name)
        assert isinstance(layer, nn.Conv2d)
        return layer

    def _set(self, layer: nn.Conv2d, weight: Tensor, bias: Tensor) -> None:
        layer.weight.copy_(weight.view_as(layer.weight))
        layer.get_parameter("bias").copy_(bias)

    def _conv1(self) -> None:
        layer = self._layer("conv1")
        weight, bias = self.kernels[0]
        extra = new_filters(weight, layer.out_channels - len(weight))
        weight = torch.cat([weight, extra])
        bias = torch.cat([bias, torch.zeros(len(extra))])
        grey_first = chroma(weight).argsort()
        self._set(layer, weight[grey_first], bias[grey_first])
        self._rescale("conv1", "norm1")
        self._advance("conv1", "relu1", "norm1", "pool1")

    def _rescale(self, conv: str, norm: str) -> None:
        layer, lrn = self._layer(conv), self.student.get_submodule(norm)
        assert isinstance(lrn, LocalResponseNorm)
        factor = scale_for(lrn, F.relu(layer(self.maps[:200])), self.lrn_effect)
        self._set(layer, layer.weight * factor, layer.get_parameter("bias") * factor)

    def _advance(self, *names: str) -> None:
        for name in names:
            layer = self.student.get_submodule(name)
            self.maps = torch.cat([layer(part) for part in self.maps.split(100)])

    def _cells(self, target: Tensor, layer: nn.Conv2d, channels: slice) -> tuple[Tensor, Tensor]:
        """Return windows of the input and the source's outputs at random positions, the same in all crops."""
        size = target.shape[-1]
        rows = torch.randint(size, (self.cells,), generator=self.generator)
        columns = torch.randint(size, (self.cells,), generator=self.generator)
        patches = patches_at(
            self.maps[:, channels], layer.kernel_size[0], int(layer.padding[0]), rows, columns
        )
        return patches, target[:, :, rows, columns].permute(0, 2, 1).flatten(0, 1)

    def _grouped(self, name: str, norm: int | None) -> None:
        layer, target = self._layer(name), self.wanted[name]
        per_tower, slots = layer.in_channels // 2, layer.out_channels // 2
        solved, errors = [], []
        for tower in range(2):
            x, y = self._cells(target, layer, slice(tower * per_tower, (tower + 1) * per_tower))
            weight, bias = ridge(x, y)
            solved.append((weight.view(-1, *layer.weight.shape[1:]), bias))
            errors.append((x @ weight.T + bias - y).square().mean(0) / y.var(0))
        places = tower_slots(torch.stack(errors), slots)
        towers = list(zip(solved, places, strict=True))
        weights = torch.cat([weight[chosen] for (weight, _), chosen in towers])
        biases = torch.cat([bias[chosen] for (_, bias), chosen in towers])
        self._set(layer, weights, biases)
        self.errors[name] = float(torch.stack(errors).amin(0).mean())
        self.order[f"relu{name[-1]}"] = torch.cat(places)
        if norm:
            self._rescale(name, f"norm{norm}")
            self._advance(name, f"relu{norm}", f"norm{norm}", f"pool{norm}")
        elif name == "conv4":
            self._advance(name, "relu4")

    def _towers_of_conv3(self) -> None:
        layer = self._layer("conv3")
        x, y = self._cells(self.wanted["conv3"], layer, slice(None))
        weight, bias = ridge(x, y)
        strength = F.relu(self.wanted["conv3"]).square().mean((0, 2, 3))
        energy = self.kernels[3][0].square().sum((2, 3)) * strength
        first = split_by_weight(energy)
        order = torch.cat([first.nonzero()[:, 0], (~first).nonzero()[:, 0]])
        self.order["relu3"] = order
        self._set(layer, weight[order], bias[order])
        self.errors["conv3"] = float(((x @ weight.T + bias - y).square().mean(0) / y.var(0)).mean())
        self._advance("conv3", "relu3")
