"""Open a file of weights: which network it makes, its classes, and how its photos are prepared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..architectures import ARCHITECTURES, Architecture
from ..errors import PROGRAM, UserError, look_up
from ..layer_specs import PAPER_LRN, Conv, Flatten, Layer, LocalResponseNorm, LRNConstants, MaxPool, ReLU
from ..layers import describe
from ..named import is_from_here
from ..predict import class_names
from ..preprocess import Normalization
from ..private import PrivateNetwork, add_private
from ..weights.sources import CAFFE_LRN, WeightsSource
from .mapping import CONVOLUTIONS, LayerMapping, map_tensors, state_of
from .settings import CHANNEL_ORDERS, OwnSettings, grey, normalization_from, own_network
from .stored import Stored, read_stored


@dataclass(frozen=True)
class Asked:
    """What a user says about a file of weights. None stands for what the file itself speaks for.

    Attributes:
        architecture: name of the architecture whose layers it has, but for their widths.
        labels: names of the classes.
        normalization: see `settings.normalization_from`.
        channel_order: order of the colours that the network was trained with, "RGB" or "BGR".
        resize_to: side to which a photo's central square is scaled before it is cropped.
    """

    architecture: str | None = None
    labels: tuple[str, ...] | None = None
    normalization: str | None = None
    channel_order: str | None = None
    resize_to: int | None = None


@dataclass(frozen=True)
class Opened:
    """A network from a file of weights, ready to be loaded.

    Attributes:
        name: the file's name.
        settings: its widths, and how its photos are prepared.
        classes: "imagenet", or the names of its classes.
        state: its weights and biases, float32, conv1 reading red, green and blue.
        mapping: which tensor of the file belongs to which layer.
        notes: sentences on what was decided because the file does not say it.
    """

    name: str
    settings: OwnSettings
    classes: str | tuple[str, ...]
    state: dict[str, Tensor]
    mapping: LayerMapping
    notes: tuple[str, ...]

    @property
    def architecture(self) -> Architecture:
        return own_network(self.name, self.settings, self.classes)[0]

    @property
    def source(self) -> WeightsSource:
        return own_network(self.name, self.settings, self.classes)[1]

    def network(self, device: str = "cpu") -> AlexNet:
        """Return the network, frozen, on a device. Fully connected layers share the memory of `state`."""
        if device == "cuda":
            torch.backends.cudnn.allow_tf32 = False  # see `weights.load.load`
        network = AlexNet(self.architecture, self.settings.lrn, self.settings.normalization, device="meta")
        network.load_state_dict(self.state, assign=True)
        return network.freeze().to(torch.device(device)).to(memory_format=torch.channels_last)


def open_weights(path: Path, asked: Asked | None = None, name: str | None = None) -> Opened:
    """Return the network that a file of weights makes.

    Args:
        name: the file's name on screen; None for that of the path.

    Raises:
        UserError: the file cannot be used, or what the user says about it does not fit it.
    """
    asked = asked or Asked()
    name = name or path.name
    if is_from_here(path):
        raise UserError(
            f"{name} was made by this program, and says itself which network it belongs to. Give it a name "
            f"with: {PROGRAM} weights import FILE --as NAME. Then choose --architecture NAME."
        )
    stored = read_stored(path, name)
    mapping = map_tensors(stored, name)
    notes: list[str] = []
    settings = _layout(stored, mapping, asked.architecture, name, notes)
    normalization, order = _preparation(stored, settings, asked, notes)
    state = state_of(mapping)
    if order == "BGR" and settings.input_channels == 3:
        state["conv1.weight"] = state["conv1.weight"].flip(1).contiguous()
        notes.append("conv1 was trained on blue, green, red; its weights are turned into red, green, blue.")
    settings = replace(settings, normalization=normalization, resize_to=asked.resize_to, lrn=_lrn(stored))
    classes = _classes(settings.units[-1], asked.labels, notes)
    return Opened(name, settings, classes, state, mapping, tuple(notes))


def open_private(opened: Opened) -> str:
    """Keep an opened network in this process's memory, and return its name."""
    size = sum(tensor.nbytes for tensor in opened.state.values())
    return add_private(PrivateNetwork(opened.architecture, opened.source, None, opened.network, size))


def _layout(
    stored: Stored, mapping: LayerMapping, wanted: str | None, file_name: str, notes: list[str]
) -> OwnSettings:
    """Return the layers of the network: those of the architecture that the shapes, or the user, choose.

    Raises:
        UserError: no architecture has such layers, or not the one that the user wants.
    """
    weights = [mapping.parts[layer].weight for layer in CONVOLUTIONS]
    inputs = (weights[0].shape[1], *(len(weight) for weight in weights[:-1]))
    if inputs[0] not in (1, 3):
        raise UserError(
            f"The first convolution of {file_name} reads {inputs[0]} channels. Photos have three (colour) or "
            "one (grey)."
        )
    made = OwnSettings(
        template="",
        channels=tuple(len(weight) for weight in weights),
        groups=tuple(count // weight.shape[1] for count, weight in zip(inputs, weights, strict=True)),
        units=tuple(len(mapping.parts[layer].weight) for layer in ("fc6", "fc7", "fc8")),
        input_channels=inputs[0],
    )
    templates = list(ARCHITECTURES.values())
    if wanted:
        templates = [look_up(ARCHITECTURES, wanted, "architecture for weights of your own")]
    misfits, fitting = [], []
    for template in templates:
        candidate = replace(made, template=template.name)
        problem = _misfit(candidate, mapping, stored)
        misfits += [f"{template.name}: {problem}"] if problem else []
        fitting += [] if problem else [candidate]
    if not fitting:
        raise UserError(
            f"{file_name} fits {'not ' + wanted if wanted else 'none of the architectures'}. "
            + " ".join(f"{one}." for one in misfits)
        )
    best = min(fitting, key=lambda one: _distance(one, mapping))  # the first of equally good ones
    others = [one.template for one in fitting if one != best]
    if others and not wanted and not (mapping.looks_like == "torchvision" and "torchvision" in best.template):
        notes.append(
            f"The layers are those of {best.template}. The shapes of the weights would also fit "
            f"{', '.join(others)}: choose another architecture if yours is one of these."
        )
    return best


def _misfit(settings: OwnSettings, mapping: LayerMapping, stored: Stored) -> str:
    """Return why weights do not fit an architecture, as half a sentence; "" if they do."""
    architecture = settings.architecture(())
    for layer, spec in zip(CONVOLUTIONS, architecture.convolutions, strict=True):
        kernel = mapping.parts[layer].weight.shape[2]
        if kernel != spec.kernel_size:
            return f"{layer} has kernels of {spec.kernel_size} x {spec.kernel_size}, not {kernel} x {kernel}"
    try:
        infos = describe(architecture)
    except UserError:
        return "its layers have no output with these widths"
    at = next(i for i, layer in enumerate(architecture.layers) if isinstance(layer, Flatten))
    wanted, found = infos[at].output_shape[0], mapping.parts["fc6"].weight[0].numel()
    if wanted != found:
        return f"fc6 reads {wanted:,} numbers there, not {found:,}"
    return _graph_misfit(architecture, stored)


def _graph_misfit(architecture: Architecture, stored: Stored) -> str:
    """Return what differs between an architecture and what a file says about its own layers."""
    if stored.graph is None:
        return ""
    if len(stored.graph.convolutions) != len(architecture.convolutions):
        return "not all of its first five layers are convolutions in the file"
    for spec, found in zip(architecture.convolutions, stored.graph.convolutions, strict=True):
        if (spec.stride, spec.padding) != (found.stride, found.padding):
            return (
                f"{spec.name} has stride {spec.stride} and padding {spec.padding} there, not {found.stride} "
                f"and {found.padding}"
            )
    wanted = tuple(_step(layer) for layer in architecture.layers if isinstance(layer, _STEPS))
    if wanted != stored.graph.steps:
        at = next((i for i, (a, b) in enumerate(zip(wanted, stored.graph.steps, strict=False)) if a != b), -1)
        return (
            f"its layers come in another order, or differ: {wanted[at]} there, {stored.graph.steps[at]} here"
        )
    return ""


_STEPS = (Conv, ReLU, LocalResponseNorm, MaxPool)


def _step(layer: Layer) -> str:
    """Return a layer as `graph.read_onnx` names it: "Conv", "ReLU", "LRN" or "MaxPool 3/2, floor"."""
    if isinstance(layer, MaxPool):
        return f"MaxPool {layer.kernel_size}/{layer.stride}, {layer.rounding}"
    return "LRN" if isinstance(layer, LocalResponseNorm) else type(layer).__name__


def _distance(settings: OwnSettings, mapping: LayerMapping) -> tuple[int, int]:
    """Return how far widths and names are from those of an architecture, for choosing the nearest."""
    template = ARCHITECTURES[settings.template]
    pairs = zip(settings.channels, settings.groups, template.convolutions, strict=True)
    widths = sum((channels, groups) != (conv.channels, conv.groups) for channels, groups, conv in pairs)
    is_misnamed = mapping.looks_like == "torchvision" and template.name != "alexnet-torchvision"
    return int(is_misnamed), widths


def _preparation(
    stored: Stored, settings: OwnSettings, asked: Asked, notes: list[str]
) -> tuple[Normalization, str]:
    """Return the normalization and the order of conv1's colours: as asked, or as is usual for such a file."""
    is_caffe = stored.kind == "Caffe"
    usual = "caffe" if is_caffe else "zero-to-one" if settings.template == "alexnet-cifar10" else "imagenet"
    if asked.normalization is None:
        notes.append(
            f"The file does not say how photos are prepared; the normalization '{usual}' is used. Choose "
            "another one if yours was trained with it."
        )
    normalization = normalization_from(asked.normalization or usual)
    if settings.input_channels == 1:
        normalization = grey(normalization)
        notes.append("The network reads grey photos: it gets the luminance of each pixel.")
    order = asked.channel_order or ("BGR" if is_caffe else "RGB")
    if order not in CHANNEL_ORDERS:
        raise UserError(f"The channel order must be RGB or BGR, not {order}.")
    return normalization, order


def _lrn(stored: Stored) -> LRNConstants:
    if stored.graph is not None and stored.graph.lrn is not None:
        return stored.graph.lrn
    return CAFFE_LRN if stored.kind == "Caffe" else PAPER_LRN


def _classes(count: int, labels: Sequence[str] | None, notes: list[str]) -> str | tuple[str, ...]:
    """Return the names of the classes.

    Raises:
        UserError: there are more names or fewer than classes.
    """
    if labels is not None:
        if len(labels) != count:
            raise UserError(
                f"There are {len(labels):,} names, and the network has {count:,} classes. Give one for each."
            )
        return tuple(labels)
    if count == len(class_names("imagenet")):
        notes.append("With 1,000 classes and no labels, they are taken for ImageNet's.")
        return "imagenet"
    return tuple(f"class {index}" for index in range(count))
