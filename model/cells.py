"""An activation and the numbers that it was computed from, with one class for each type of layer.

For a convolution these are the patch under the window, the kernel, their products and the bias; for LRN the
neighbouring channels; for pooling the window; for a fully connected layer the products; for softmax the
exponentials. `arithmetic.take_apart` makes these objects.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .layer_specs import LRNConstants
from .layers import LayerInfo


@dataclass(frozen=True)
class Cell:
    """An activation.

    Attributes:
        layer: facts about the layer.
        channel, row, column: position of the activation; for a unit its number, 0 and 0.
        captured: the value that the network computed, float32.
    """

    layer: LayerInfo
    channel: int
    row: int
    column: int
    captured: float

    @property
    def worked(self) -> float:
        """Return the value computed again from the other numbers, in float64."""
        raise NotImplementedError

    @property
    def agrees(self) -> bool:
        """Return whether both values are equal, up to 1e-4 of the value or of its largest term.

        The sum of many numbers in float32 is not more precise than this.
        """
        return math.isclose(self.worked, self.captured, rel_tol=1e-4, abs_tol=1e-4 * self.scale)

    @property
    def scale(self) -> float:
        """Return the magnitude of the largest term."""
        return abs(self.worked)


@dataclass(frozen=True)
class ConvolutionCell(Cell):
    """An activation of a convolution: the sum of products over a window, plus a bias.

    Attributes:
        patch: the input under the window, [channels, k, k], with zeros for the padding.
        kernel: the weights, [channels, k, k].
        inputs: numbers of the patch's channels in the layer's input: with two towers only half of them.
        top, left: first row and column of the window in the input; negative in the padding.
    """

    patch: np.ndarray
    kernel: np.ndarray
    bias: float
    inputs: np.ndarray
    top: int
    left: int

    @cached_property
    def products(self) -> np.ndarray:
        return self.patch.astype(np.float64) * self.kernel

    @cached_property
    def plane_sums(self) -> np.ndarray:
        """Return the sum of the products of each input channel, [channels]."""
        return self.products.sum((1, 2))

    @property
    def worked(self) -> float:
        return float(self.plane_sums.sum()) + self.bias

    @property
    def scale(self) -> float:
        return float(np.abs(self.plane_sums).max())


@dataclass(frozen=True)
class ReLUCell(Cell):
    """An activation of ReLU: max(0, x)."""

    x: float

    @property
    def worked(self) -> float:
        return max(0.0, self.x)


@dataclass(frozen=True)
class TanhCell(Cell):
    """An activation of tanh."""

    x: float

    @property
    def worked(self) -> float:
        return math.tanh(self.x)


@dataclass(frozen=True)
class SigmoidCell(Cell):
    """An activation of the logistic function: 1 / (1 + exp(-x))."""

    x: float

    @property
    def worked(self) -> float:
        return 0.5 * (1.0 + math.tanh(0.5 * self.x))  # the same, and never too large a power


@dataclass(frozen=True)
class ResponseNormCell(Cell):
    """An activation of a response normalization: x / (k + scale * sum of squares)^beta.

    Attributes:
        values: the activations whose squares are added up.
    """

    x: float
    values: np.ndarray
    constants: LRNConstants

    @property
    def squares(self) -> float:
        return float((self.values.astype(np.float64) ** 2).sum())

    @property
    def denominator(self) -> float:
        return (self.constants.k + self.constants.scale * self.squares) ** self.constants.beta

    @property
    def worked(self) -> float:
        return self.x / self.denominator


@dataclass(frozen=True)
class NormCell(ResponseNormCell):
    """An activation of LRN, whose `values` are at the same row and column.

    Attributes:
        neighbours: numbers of the neighbouring channels, n of them, or fewer at the first and last channel.
    """

    neighbours: tuple[int, ...]


@dataclass(frozen=True)
class SpatialNormCell(ResponseNormCell):
    """An activation of response normalization inside a map, whose `values` are the square around it.

    Attributes:
        top, left: first row and column of the square, which is smaller at an edge.
    """

    top: int
    left: int

    @property
    def window(self) -> np.ndarray:
        """Return the values in the square, [rows, columns]."""
        return self.values


@dataclass(frozen=True)
class PoolCell(Cell):
    """An activation of a pooling layer: the largest value of a window, or the mean of all.

    Attributes:
        window: values of the same channel of the input, [rows, columns].
        top, left: first row and column of the window.
        mean: whether it is the mean instead of the largest value.
    """

    window: np.ndarray
    top: int
    left: int
    mean: bool

    @property
    def winner(self) -> tuple[int, int]:
        """Return row and column of the largest value in the window; of equal ones, the first."""
        row, column = np.unravel_index(int(self.window.argmax()), self.window.shape)
        return int(row), int(column)

    @property
    def worked(self) -> float:
        return float(self.window.astype(np.float64).mean() if self.mean else self.window.max())


@dataclass(frozen=True)
class LinearCell(Cell):
    """An activation of a fully connected layer: the sum of all inputs times their weights, plus a bias.

    Attributes:
        x, weights: [inputs].
    """

    x: np.ndarray
    weights: np.ndarray
    bias: float

    @cached_property
    def products(self) -> np.ndarray:
        return self.x.astype(np.float64) * self.weights

    @property
    def worked(self) -> float:
        return float(self.products.sum()) + self.bias

    @property
    def scale(self) -> float:
        return float(np.abs(self.products).max())

    def largest(self, count: int) -> np.ndarray:
        """Return the indices of the products of largest magnitude, in descending order of the products."""
        chosen = np.argsort(-np.abs(self.products), kind="stable")[:count]
        return chosen[np.argsort(-self.products[chosen], kind="stable")]


@dataclass(frozen=True)
class SameCell(Cell):
    """An activation of dropout or flatten: the same as an activation of the layer's input.

    Attributes:
        x: its value.
        source: its position, (channel, row, column) or (unit,).
    """

    x: float
    source: tuple[int, ...]

    @property
    def worked(self) -> float:
        return self.x


@dataclass(frozen=True)
class SoftmaxCell(Cell):
    """An activation of softmax: exp(logit) divided by the sum of all exponentials.

    Attributes:
        logits: of all classes, [classes].
    """

    logits: np.ndarray

    @cached_property
    def exponentials(self) -> np.ndarray:
        return np.exp(self.logits.astype(np.float64))

    @property
    def worked(self) -> float:
        return float(self.exponentials[self.channel] / self.exponentials.sum())
