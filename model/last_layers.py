"""Learn the last layers of a network on features: a new last layer alone, or together with the one below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .alexnet import AlexNet
from .teaching_settings import LAYERS, TOP, TeachSettings
from .validation import confusion

MOST_DIRECTIONS = 256  # in which the weights of a layer can change


@dataclass(frozen=True)
class Step:
    """Loss and accuracy after a step, without dropout; of validation, too."""

    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class Change:
    """What one of the network's own fully connected layers has learned.

    Its new weights are the old ones plus `out @ into`, which takes much less room than new weights would.

    Attributes:
        out, into: float32 [units, directions] and [directions, inputs].
        bias: is added to the old biases, float32 [units].
    """

    out: Tensor
    into: Tensor
    bias: Tensor


@dataclass(frozen=True)
class Taught:
    """A new last layer, and what other layers have learned with it.

    Attributes:
        classes: names of the classes.
        weight, bias: float32 [classes, features] and [classes].
        changes: for each of the network's own layers that went on learning, by name, its change.
        history: before the first step, and after each.
        confusion: how often a validation photo of the row's class was given the column's,
            int64 [classes, classes].
    """

    settings: TeachSettings
    classes: tuple[str, ...]
    weight: Tensor
    bias: Tensor
    changes: Mapping[str, Change] = field(default_factory=dict)
    history: tuple[Step, ...] = ()
    confusion: np.ndarray | None = None

    def tensors(self) -> dict[str, Tensor]:
        """Return all that was learned: {"fc8.weight": ..., "fc8.bias": ..., "fc7.out": ..., ...}"""
        found = {f"{TOP}.weight": self.weight, f"{TOP}.bias": self.bias}
        for name, change in self.changes.items():
            found |= {f"{name}.{part}": tensor for part, tensor in vars(change).items()}
        return found

    def logits(self, features: Tensor) -> Tensor:
        """Return scores from the taught network's features: [n, features] -> [n, classes]"""
        return F.linear(features, self.weight, self.bias)


class _Kept:
    """All of the network's own layers stay as they are: the new layer reads the features themselves."""

    def parameters(self) -> list[Tensor]:
        return []

    def inputs(self, x: Tensor) -> tuple[Tensor, ...]:
        return (x,)

    def __call__(self, x: Tensor) -> Tensor:
        return x

    def changes(self) -> dict[str, Change]:
        return {}


class _Learning(_Kept):
    """One of the network's own fully connected layers while it learns, and the activation function after it.

    The gradient of its weights is always a sum of its inputs: with 48 inputs, the weights of a unit change in
    at most 48 directions of 4,096. So only the change is learned, as 48 numbers for each unit, which is a
    hundred times faster. It starts at 0, and weight decay draws it back there.

    Args:
        x: the inputs that it learns from, float32 [n, inputs].
    """

    def __init__(self, network: AlexNet, name: str, until: str, x: Tensor) -> None:
        self.network, self.name, self.until = network, name, until
        self.weight, self.bias = (network.get_parameter(f"{name}.{one}").cpu() for one in ("weight", "bias"))
        rows = torch.linspace(0, len(x) - 1, min(len(x), MOST_DIRECTIONS)).round().long()
        self.into = torch.linalg.qr(x[rows].T).Q.T.contiguous()  # unit vectors at right angles to each other
        # Adam's steps have one size for all layers, so inputs and outputs are brought to one scale.
        self.length = float(x.square().sum(1).mean().sqrt()) or 1.0
        self.size = float(F.linear(x, self.weight, self.bias).square().mean().sqrt()) or 1.0
        self.learned = torch.zeros(len(self.weight), len(self.into), requires_grad=True)
        self.learned_bias = torch.zeros(len(self.weight), requires_grad=True)

    def parameters(self) -> list[Tensor]:
        return [self.learned, self.learned_bias]

    def inputs(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return what of inputs does not change in learning: the old outputs, and places along `into`."""
        return F.linear(x, self.weight, self.bias), x @ self.into.T / self.length

    def __call__(self, old: Tensor, places: Tensor) -> Tensor:  # type: ignore[override]
        new = old + self.size * F.linear(places, self.learned, self.learned_bias)
        return self.network.run(new, after=self.name, until=self.until)

    def changes(self) -> dict[str, Change]:
        out = self.learned.detach() * (self.size / self.length)
        return {self.name: Change(out, self.into, self.learned_bias.detach() * self.size)}


def learn(
    training: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor],
    classes: Sequence[str],
    settings: TeachSettings,
    network: AlexNet | None = None,
) -> Taught:
    """Learn the last layers from features and their classes.

    Args:
        training, validation: features of `settings.reads`, float32 [photos, features], and the class of
            each, int64 [photos].
        network: the base; needed if one of its layers goes on learning.
    """
    (x, y), (test_x, test_y) = training, validation
    below = _Kept()
    if settings.first != "fc8":
        assert network is not None, "a layer of the network goes on learning"
        below = _Learning(network, settings.first, LAYERS[settings.layer], x)
    inputs, test_inputs = below.inputs(x), below.inputs(test_x)
    # Features of different layers have different sizes. Adam's steps are the same for all, so they learn on
    # one scale, which is then multiplied into the weights.
    scale = float(below(*inputs).detach().square().mean().sqrt()) or 1.0
    weight = torch.zeros(len(classes), len(below(*test_inputs)[0]), requires_grad=True)
    bias = torch.zeros(len(classes), requires_grad=True)
    decaying, others = [weight, *below.parameters()[:1]], [bias, *below.parameters()[1:]]
    optimizer = torch.optim.AdamW(
        [{"params": decaying, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0}],
        settings.learning_rate,
    )
    generator = torch.Generator().manual_seed(settings.seed)
    history = []
    for number in range(settings.steps + 1):
        features = below(*inputs) / scale
        with torch.no_grad():
            test_logits = F.linear(below(*test_inputs) / scale, weight, bias)
            history.append(measured((F.linear(features, weight, bias), y), (test_logits, test_y)))
        if number == settings.steps:
            break
        if settings.dropout:
            kept = torch.rand(features.shape, generator=generator) >= settings.dropout
            features = features * kept / (1 - settings.dropout)
        loss = F.cross_entropy(F.linear(features, weight, bias), y)
        parameters = [*decaying, *others]
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        optimizer.step()
    right = confusion(test_y.numpy(), test_logits.argmax(1).numpy(), len(classes))
    return Taught(
        settings,
        tuple(classes),
        weight.detach() / scale,
        bias.detach(),
        below.changes(),
        tuple(history),
        right,
    )


def measured(training: tuple[Tensor, Tensor], validation: tuple[Tensor, Tensor]) -> Step:
    """Return loss and accuracy of scores [n, classes] for photos of these classes, int64 [n]."""
    numbers = []
    for logits, labels in (training, validation):
        numbers += [
            float(F.cross_entropy(logits, labels)),
            float((logits.argmax(1) == labels).float().mean()),
        ]
    return Step(*numbers)
