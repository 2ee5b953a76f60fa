"""The kinds of layers as data: what `architectures` consists of, and what `alexnet` builds modules from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .sizes import Rounding


@dataclass(frozen=True)
class LRNConstants:
    """The constants of LRN, b_i = a_i / (k + alpha * sum_j a_j^2)^beta, where j runs over `n` channels.

    The paper multiplies the sum by alpha. Caffe, PyTorch and the authors' program multiply it by alpha / n:
    then `alpha_over_n` is True. (Krizhevsky et al. 2012, section 3.3)
    """

    n: int = 5
    k: float = 2.0
    alpha: float = 1e-4
    beta: float = 0.75
    alpha_over_n: bool = False

    @property
    def scale(self) -> float:
        """Return the factor by which the sum of squares is multiplied."""
        return self.alpha / self.n if self.alpha_over_n else self.alpha


PAPER_LRN = LRNConstants()


@dataclass(frozen=True)
class Conv:
    """A convolution with square kernels; `groups=2` is the paper's division between two GPUs.

    `dilation` spreads out a kernel's weights. No variant of AlexNet uses it, but the shape lab can. If
    `rounding` is "ceil", the last window may reach beyond the input, where zeros are.
    """

    name: str
    channels: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    dilation: int = 1
    rounding: Rounding = "floor"


@dataclass(frozen=True)
class ReLU:
    name: str


@dataclass(frozen=True)
class Tanh:
    """The hyperbolic tangent, the usual activation function before ReLU."""

    name: str


@dataclass(frozen=True)
class Sigmoid:
    """The logistic function, 1 / (1 + exp(-x))."""

    name: str


@dataclass(frozen=True)
class LocalResponseNorm:
    """Local response normalization across channels.

    Attributes:
        groups: a channel is normalized with neighbours of its own group only; 2 for within a tower.
        constants: None for those that the weights were trained with.
    """

    name: str
    groups: int = 1
    constants: LRNConstants | None = None


@dataclass(frozen=True)
class SpatialResponseNorm:
    """Response normalization inside each map: by the activations in a square around each position.

    The paper does not mention it; the authors' program has it after conv2.

    Attributes:
        size: side of the square; `constants.n` is its number of positions.
    """

    name: str
    size: int = 5
    constants: LRNConstants = LRNConstants(n=25, k=1.0, alpha=1e-3, alpha_over_n=True)


@dataclass(frozen=True)
class MaxPool:
    """Max pooling. The paper's windows overlap: they are 3 wide and 2 apart.

    If `rounding` is "ceil", the last window may reach beyond the input. It then has fewer activations.
    """

    name: str
    kernel_size: int = 3
    stride: int = 2
    rounding: Rounding = "floor"


@dataclass(frozen=True)
class AvgPool:
    """Average pooling, as in LeNet-5. A window that reaches beyond the input averages what it has."""

    name: str
    kernel_size: int = 2
    stride: int = 2
    rounding: Rounding = "floor"


@dataclass(frozen=True)
class AdaptiveAvgPool:
    """Average pooling to a fixed size, which torchvision's network has before flatten."""

    name: str
    size: int


@dataclass(frozen=True)
class Flatten:
    name: str


@dataclass(frozen=True)
class Linear:
    name: str
    units: int


@dataclass(frozen=True)
class Dropout:
    name: str
    p: float = 0.5


@dataclass(frozen=True)
class Softmax:
    name: str


Layer = (
    Conv
    | ReLU
    | Tanh
    | Sigmoid
    | LocalResponseNorm
    | SpatialResponseNorm
    | MaxPool
    | AvgPool
    | AdaptiveAvgPool
    | Flatten
    | Linear
    | Dropout
    | Softmax
)

LayerType = Literal[
    "Conv",
    "ReLU",
    "Tanh",
    "Sigmoid",
    "LocalResponseNorm",
    "SpatialResponseNorm",
    "MaxPool",
    "AvgPool",
    "AdaptiveAvgPool",
    "Flatten",
    "Linear",
    "Dropout",
    "Softmax",
]
"""The name of a layer's class, by which formulas and colours are looked up."""
