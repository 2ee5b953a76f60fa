"""Every AlexNet variant as data: a name, an input size, and a tuple of layers.

Nothing here needs PyTorch. `layers.describe` computes shapes and counts from this data, and
`alexnet.AlexNet` builds the network from it, so a new variant is one entry in `ARCHITECTURES`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from .errors import look_up


@dataclass(frozen=True)
class Conv:
    """Convolution with square kernels; `groups=2` is the paper's split over two GPUs.

    `dilation` spreads a kernel's weights apart, as no variant of AlexNet does, but the shape lab can.
    """

    name: str
    channels: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    dilation: int = 1


@dataclass(frozen=True)
class ReLU:
    name: str


@dataclass(frozen=True)
class LocalResponseNorm:
    """LRN across channels; its constants belong to the weights, see `LRNConstants`."""

    name: str


@dataclass(frozen=True)
class MaxPool:
    """Max pooling; the paper's windows overlap (3 wide, 2 apart)."""

    name: str
    kernel_size: int = 3
    stride: int = 2


@dataclass(frozen=True)
class AdaptiveAvgPool:
    """Average pooling to a fixed size, as torchvision has before its classifier."""

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


Layer = Conv | ReLU | LocalResponseNorm | MaxPool | AdaptiveAvgPool | Flatten | Linear | Dropout | Softmax


@dataclass(frozen=True)
class LRNConstants:
    """Constants of b_i = a_i / (k + alpha * sum_j a_j^2)^beta, j over `n` neighbouring channels.

    The paper multiplies the sum by alpha; Caffe and PyTorch multiply its mean, that is alpha / n.
    `alpha_over_n` says which one is meant. (Krizhevsky et al. 2012, section 3.3)
    """

    n: int = 5
    k: float = 2.0
    alpha: float = 1e-4
    beta: float = 0.75
    alpha_over_n: bool = False

    @property
    def scale(self) -> float:
        """The factor that multiplies the sum of squares."""
        return self.alpha / self.n if self.alpha_over_n else self.alpha


PAPER_LRN = LRNConstants()


@dataclass(frozen=True)
class Architecture:
    """One network as data.

    Attributes:
        input_size: height and width of the square input, in pixels.
        resize_to: a photo's central square is scaled to this size before cropping, in pixels.
        classes: which list of class names the outputs are, "imagenet" or "cifar10".
    """

    name: str
    title: str
    summary: str
    input_size: int
    layers: tuple[Layer, ...]
    resize_to: int = 256
    classes: str = "imagenet"
    input_channels: int = 3

    @cached_property
    def layer_names(self) -> tuple[str, ...]:
        return tuple(layer.name for layer in self.layers)

    @cached_property
    def convolutions(self) -> tuple[Conv, ...]:
        return tuple(layer for layer in self.layers if isinstance(layer, Conv))

    @property
    def towers(self) -> int:
        """2 where convolutions are split over two GPUs as in the paper, else 1."""
        return max(conv.groups for conv in self.convolutions)

    @cached_property
    def class_count(self) -> int:
        return [layer.units for layer in self.layers if isinstance(layer, Linear)][-1]

    def with_input_size(self, size: int) -> Architecture:
        return replace(self, input_size=size)


def _classifier(units: tuple[int, int, int]) -> tuple[Layer, ...]:
    """Three fully connected layers, dropout after the first two (section 4.2 of the paper)."""
    return (
        Flatten("flatten"),
        Linear("fc6", units[0]),
        ReLU("relu6"),
        Dropout("drop6"),
        Linear("fc7", units[1]),
        ReLU("relu7"),
        Dropout("drop7"),
        Linear("fc8", units[2]),
        Softmax("prob"),
    )


def _paper(*, groups: int, padding: int = 0, pool_first: bool = False) -> tuple[Layer, ...]:
    """The 2012 network: five convolutions, LRN and overlapping pooling after the first two."""

    def reduce(number: int) -> tuple[Layer, ...]:
        norm, pool = LocalResponseNorm(f"norm{number}"), MaxPool(f"pool{number}")
        return (pool, norm) if pool_first else (norm, pool)

    return (
        Conv("conv1", 96, 11, stride=4, padding=padding),
        ReLU("relu1"),
        *reduce(1),
        Conv("conv2", 256, 5, padding=2, groups=groups),
        ReLU("relu2"),
        *reduce(2),
        Conv("conv3", 384, 3, padding=1),
        ReLU("relu3"),
        Conv("conv4", 384, 3, padding=1, groups=groups),
        ReLU("relu4"),
        Conv("conv5", 256, 3, padding=1, groups=groups),
        ReLU("relu5"),
        MaxPool("pool5"),
        *_classifier((4096, 4096, 1000)),
    )


def _torchvision() -> tuple[Layer, ...]:
    """torchvision's `alexnet`, layer by layer; its dropout stands before fc6 and fc7."""
    return (
        Conv("conv1", 64, 11, stride=4, padding=2),
        ReLU("relu1"),
        MaxPool("pool1"),
        Conv("conv2", 192, 5, padding=2),
        ReLU("relu2"),
        MaxPool("pool2"),
        Conv("conv3", 384, 3, padding=1),
        ReLU("relu3"),
        Conv("conv4", 256, 3, padding=1),
        ReLU("relu4"),
        Conv("conv5", 256, 3, padding=1),
        ReLU("relu5"),
        MaxPool("pool5"),
        AdaptiveAvgPool("avgpool", 6),
        Flatten("flatten"),
        Dropout("drop5"),
        Linear("fc6", 4096),
        ReLU("relu6"),
        Dropout("drop6"),
        Linear("fc7", 4096),
        ReLU("relu7"),
        Linear("fc8", 1000),
        Softmax("prob"),
    )


def _cifar10() -> tuple[Layer, ...]:
    """The widths of the paper with 3x3 kernels and 2x2 pooling, for 32x32 pictures."""
    return (
        Conv("conv1", 96, 3),
        ReLU("relu1"),
        MaxPool("pool1", 2, 2),
        Conv("conv2", 256, 3, padding=1),
        ReLU("relu2"),
        MaxPool("pool2", 2, 2),
        Conv("conv3", 384, 3, padding=1),
        ReLU("relu3"),
        Conv("conv4", 384, 3, padding=1),
        ReLU("relu4"),
        Conv("conv5", 256, 3, padding=1),
        ReLU("relu5"),
        MaxPool("pool5", 2, 2),
        *_classifier((4096, 4096, 10)),
    )


ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        Architecture(
            name="alexnet-2012",
            title="AlexNet, the 2012 paper",
            summary="96 filters first; conv2, conv4 and conv5 split into two towers, one per GPU; LRN.",
            input_size=227,
            layers=_paper(groups=2),
        ),
        Architecture(
            name="alexnet-single-tower",
            title="AlexNet, one tower",
            summary="The paper's widths without the split: every filter sees every channel.",
            input_size=227,
            layers=_paper(groups=1),
        ),
        Architecture(
            name="alexnet-224-pad2",
            title="AlexNet, 224 with padding 2",
            summary="The paper's stated input of 224, made to fit by padding conv1 with 2 pixels.",
            input_size=224,
            layers=_paper(groups=2, padding=2),
        ),
        Architecture(
            name="caffenet",
            title="CaffeNet",
            summary="Caffe's variant of the paper: pooling comes before LRN.",
            input_size=227,
            layers=_paper(groups=2, pool_first=True),
        ),
        Architecture(
            name="alexnet-torchvision",
            title="AlexNet in torchvision",
            summary="torchvision's version of Krizhevsky's network of 2014: 64 filters, one tower, no LRN.",
            input_size=224,
            layers=_torchvision(),
        ),
        Architecture(
            name="alexnet-cifar10",
            title="AlexNet for CIFAR-10",
            summary="3x3 kernels and 2x2 pooling for 32x32 pictures in ten classes.",
            input_size=32,
            resize_to=32,
            classes="cifar10",
            layers=_cifar10(),
        ),
    )
}


def get_architecture(name: str) -> Architecture:
    """The architecture of that name; `UserError` if there is none."""
    return look_up(ARCHITECTURES, name, "architecture")
