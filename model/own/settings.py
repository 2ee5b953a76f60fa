"""What a network of any origin needs beside its weights: its layers' widths, and how photos are prepared.

All is data that goes into a JSON file and comes back. Nothing here imports PyTorch.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..architectures import ARCHITECTURES, Architecture
from ..errors import UserError
from ..layer_specs import PAPER_LRN, Conv, Layer, Linear, LRNConstants
from ..preprocess import IMAGENET_MEAN, ZERO_TO_ONE, Normalization
from ..weights.sources import WeightsSource

OF_PYTORCH = ("pth", "pt", "bin", "ckpt", "tar")
ENDINGS = (*OF_PYTORCH, "safetensors", "onnx", "caffemodel")  # of files of weights
NORMALIZATIONS: dict[str, Normalization] = {
    "imagenet": Normalization(IMAGENET_MEAN, (58.395, 57.12, 57.375)),
    "caffe": Normalization((123.0, 117.0, 104.0)),
    "zero-to-one": ZERO_TO_ONE,
    "minus-one-to-one": Normalization((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
}
NORMALIZATION_TITLES = {
    "imagenet": "ImageNet's mean and deviation (PyTorch)",
    "caffe": "ImageNet's mean, values to 255 (Caffe)",
    "zero-to-one": "0 to 1",
    "minus-one-to-one": "-1 to 1",
}
CHANNEL_ORDERS = ("RGB", "BGR")
_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_TRIPLE = rf"{_NUMBER}(?:,{_NUMBER}){{2}}"


def normalization_from(text: str) -> Normalization:
    """Return a normalization by its name, or from numbers as torchvision's `Normalize` takes them.

    >>> normalization_from("minus-one-to-one") == normalization_from("0.5,0.5,0.5/0.5,0.5,0.5")
    True

    Raises:
        UserError: it is neither.
    """
    if text in NORMALIZATIONS:
        return NORMALIZATIONS[text]
    numbers = text.replace(" ", "")
    if re.fullmatch(f"{_TRIPLE}/{_TRIPLE}", numbers):
        mean, std = ([255 * float(one) for one in part.split(",")] for part in numbers.split("/"))
        if min(std) > 0:
            return Normalization((mean[0], mean[1], mean[2]), (std[0], std[1], std[2]))
    raise UserError(
        f"There is no normalization '{text}'. Choose one of: {', '.join(NORMALIZATIONS)}. Or give mean and "
        "standard deviation of red, green and blue in values of 0 to 1, for example "
        "0.485,0.456,0.406/0.229,0.224,0.225."
    )


def grey(normalization: Normalization) -> Normalization:
    """Return the normalization of grey photos: with the mean of the numbers for red, green and blue."""
    mean, std = (sum(numbers) / 3 for numbers in (normalization.mean, normalization.std))
    return Normalization((mean, mean, mean), (std, std, std))


@dataclass(frozen=True)
class OwnSettings:
    """The network that weights of any origin belong to.

    Attributes:
        template: name of the architecture whose layers it has, but for their widths.
        channels, groups: of each convolution.
        units: of each fully connected layer; the last are the classes.
        input_channels: 3 for colour photos, 1 for grey ones.
        normalization: how pixel values are shifted and scaled.
        lrn: constants of its LRN layers, if it has any.
        resize_to: side to which a photo's central square is scaled; None for the template's.
    """

    template: str
    channels: tuple[int, ...]
    groups: tuple[int, ...]
    units: tuple[int, ...]
    input_channels: int = 3
    normalization: Normalization = NORMALIZATIONS["imagenet"]
    lrn: LRNConstants = PAPER_LRN
    resize_to: int | None = None

    def architecture(self, classes: Sequence[str] | str) -> Architecture:
        """Return the architecture: the template's layers with these widths."""
        template = ARCHITECTURES[self.template]
        return replace(
            template,
            layers=tuple(self._layers(template.layers)),
            classes=classes if isinstance(classes, str) else tuple(classes),
            input_channels=self.input_channels,
            resize_to=self.resize_to or template.resize_to,
        )

    def _layers(self, layers: Sequence[Layer]) -> Iterator[Layer]:
        convolutions, units = zip(self.channels, self.groups, strict=True), iter(self.units)
        for layer in layers:
            if isinstance(layer, Conv):
                channels, groups = next(convolutions)
                yield replace(layer, channels=channels, groups=groups)
            elif isinstance(layer, Linear):
                yield replace(layer, units=next(units))
            else:
                yield layer

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> OwnSettings:
        """Return settings that `as_json` has made.

        Raises:
            TypeError, KeyError, ValueError: it has not made them, or the template is unknown.
        """
        tuples = {name: tuple(entry[name]) for name in ("channels", "groups", "units")}
        mean, std = (tuple(entry["normalization"][name]) for name in ("mean", "std"))
        made = cls(**entry | tuples | {"normalization": Normalization(mean, std)})
        ARCHITECTURES[made.template]
        return replace(made, lrn=LRNConstants(**entry["lrn"]))


def own_network(
    file_name: str, settings: OwnSettings, classes: str | tuple[str, ...]
) -> tuple[Architecture, WeightsSource]:
    """Return the architecture and the source of weights for a file of any origin, still without names."""
    template = ARCHITECTURES[settings.template]
    summary = f"Your own weights from the file {file_name}, in the layers of {template.title}."
    architecture = replace(settings.architecture(classes), title=file_name, summary=summary)
    source = WeightsSource(
        name="",
        title="Your own weights",
        architectures=(),
        origin=f"From the file {file_name}.",
        licence="as that of the file",
        accuracy="not measured here",
        normalization=settings.normalization,
        lrn=settings.lrn,
    )
    return architecture, source
