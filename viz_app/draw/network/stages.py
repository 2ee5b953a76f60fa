"""Group layers into stages: a convolution, pooling or fully connected layer and those that keep its shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model.architectures import Architecture
from model.layers import LayerInfo

KEEP_THE_SHAPE = (
    *("ReLU", "Tanh", "Sigmoid", "LocalResponseNorm", "SpatialResponseNorm"),
    *("Dropout", "Softmax", "Flatten", "AdaptiveAvgPool"),
)


@dataclass(frozen=True)
class Stage:
    """Layers at the same position in the diagram, such as conv1, relu1 and norm1.

    Attributes:
        main: a convolution, pooling or fully connected layer.
        after: the layers between it and the next stage.
    """

    main: LayerInfo
    after: tuple[LayerInfo, ...]

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        return (self.main, *self.after)

    @property
    def is_spatial(self) -> bool:
        """Return whether the main layer's output has height and width."""
        return self.main.is_spatial

    @property
    def size(self) -> int:
        """Return height and width of the main layer's feature maps, or its number of units."""
        return self.main.output_shape[-1]

    @property
    def is_pooling(self) -> bool:
        """Return whether each output channel depends only on the input channel with the same number."""
        return self.main.type in ("MaxPool", "AvgPool")


def stages(infos: Iterable[LayerInfo]) -> list[Stage]:
    """Return the stages of a network: [conv1 relu1 norm1] [pool1] [conv2 ...] ... [fc8 prob]."""
    found: list[list[LayerInfo]] = []
    for info in infos:
        if info.type in KEEP_THE_SHAPE and found:
            found[-1].append(info)
        else:
            found.append([info])
    return [Stage(first, tuple(rest)) for first, *rest in found]


def lanes(architecture: Architecture) -> int:
    """Return the number of lanes: 2 for a network with two towers, else 1, also for more than two groups."""
    return 2 if architecture.towers == 2 else 1


def reads_all_lanes(stage: Stage) -> bool:
    """Return whether a stage depends on both towers, as conv3 and the fully connected layers do."""
    return stage.main.groups == 1 or not stage.is_spatial


def split(count: int, lanes: int) -> Sequence[range]:
    """Return the channels of each lane: (96, 2) -> [range(0, 48), range(48, 96)]."""
    per_lane = count // lanes
    return [range(lane * per_lane, (lane + 1) * per_lane) for lane in range(lanes)]
