"""What a channel, a unit or a class responds to most: a picture made for it, uphill from noise.

Erhan et al., "Visualizing Higher-Layer Features of a Deep Network" (2009); Simonyan et al., "Deep
Inside Convolutional Networks" (2014); Olah et al., "Feature Visualization" (2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import fourier_picture
from .activations import check_layers
from .alexnet import AlexNet, private_copy
from .attribution.base import Parameter, Progress, Settings, completed
from .errors import UserError
from .layers import LayerInfo, describe
from .receptive_field import Box, box, check_position

Place = Literal["mean", "centre"]
Show = Callable[[np.ndarray, list[float]], object]
"""Called with what matters of the picture so far, uint8 [h, w, 3], and its activation at every step."""

SHOW_EVERY = 5  # steps

PARAMETERS = (
    Parameter("steps", "Steps", 100, 10, 1000, 10),
    Parameter("rate", "Step size (Adam's learning rate)", 0.05, 0.005, 0.3, 0.005),
    Parameter("jitter", "Random shifts, at most, in pixels", 8, 0, 16),
    Parameter("zoom", "Random zoom, at most, in percent", 5, 0, 20),
    Parameter("rotation", "Random rotation, at most, in degrees", 5, 0, 30),
    Parameter("smoothness", "Smoothness, 0 for none", 1, 0, 10, 0.5),
    Parameter("seed", "Seed of the noise it starts from", 0, 0, 9999),
)


@dataclass(frozen=True)
class Visualization:
    """A picture that a channel, a unit or a class responds to strongly.

    Attributes:
        channel: or the unit of a flat layer; of fc8, the class.
        is_spatial: whether the layer has maps; without, it has units.
        place: what of a channel was raised: its "mean", or its cell in the "centre".
        settings: every parameter's value.
        pixels: uint8 [H, W, 3], as large as the network's input.
        field: the pixels that matter: all of them, or what the central cell can see.
        start, end: the activation for the noise at the start, and for `pixels`, exactly as for a photo.
        curve: float32 [steps], the activation at every step, while the picture was shaken.
    """

    layer: str
    channel: int
    is_spatial: bool
    place: Place
    settings: Settings
    pixels: np.ndarray
    field: Box
    start: float
    end: float
    curve: np.ndarray

    @property
    def name(self) -> str:
        """For example "conv5, channel 12", or "fc6, unit 3"."""
        return f"{self.layer}, {'channel' if self.is_spatial else 'unit'} {self.channel}"

    @property
    def visible(self) -> np.ndarray:
        """The pixels that matter: uint8 [h, w, 3]."""
        return self.field.cut(self.pixels)


def activation(values: np.ndarray | Tensor, place: Place = "mean") -> float:
    """What is raised, of a channel's map or a unit's value: one number.

    The mean counts what a channel passes on, its positive values, as 0 where it is silent. The mean of
    a bare convolution would say nothing about its filter: it is the filter's sum times the mean input.
    """
    return _activation(values if isinstance(values, Tensor) else torch.tensor(values), place).item()


def _activation(values: Tensor, place: Place) -> Tensor:
    if values.ndim == 0:
        return values
    if place == "centre":
        return values[values.shape[0] // 2, values.shape[1] // 2]
    return _RedirectedReLU.apply(values).mean()


def visualize(
    model: AlexNet,
    layer: str,
    channel: int,
    place: Place = "mean",
    settings: Settings | None = None,
    progress: Progress = lambda done, total: None,
    show: Show = lambda pixels, curve: None,
) -> Visualization:
    """A picture that raises the activation of a channel, of a unit, or (in fc8) the logit of a class.

    The same settings give the same picture. An exception from `progress` or `show` stops it; the
    network is left as it was in any case.

    Args:
        place: of a layer with maps, what to raise: see `activation`.
        settings: values of the `PARAMETERS`; those left out take their defaults.
        progress: called with (done, total) after every step.
        show: called at the start and after every few steps with a sketch of the result.

    Raises:
        UserError: no such layer, channel, place or parameter, or a value out of its limits.
    """
    info = _check(model, layer, channel, place)
    chosen = completed("Feature visualisation", PARAMETERS, settings)
    field = _field(model, info, channel, place)
    generator = torch.Generator().manual_seed(round(chosen["seed"]))
    shake = _Shake(chosen, field, generator)
    network = _climbable(model, layer)

    def raised(picture: Tensor) -> Tensor:
        return _activation(network(_as_input(model, shake(picture)))[0, channel], place)

    curve: list[float] = []
    with torch.inference_mode(False), torch.enable_grad():
        noise = fourier_picture.noise(model.architecture.input_size, generator).to(model.device)
        adam = _Adam(noise, chosen["rate"])
        show(field.cut(_pixels(noise)), [])
        for step in range(1, round(chosen["steps"]) + 1):
            value, uphill = _uphill(raised, adam.values, field, chosen["smoothness"])
            adam.climb(uphill)
            curve.append(value)
            if step % SHOW_EVERY == 0:
                show(field.cut(_pixels(adam.values)), curve.copy())
            progress(step, round(chosen["steps"]))
    return Visualization(
        layer=layer,
        channel=channel,
        is_spatial=info.is_spatial,
        place=place,
        settings=chosen,
        pixels=_pixels(adam.values),
        field=field,
        start=_measure(model, _pixels(noise), layer, channel, place),
        end=_measure(model, _pixels(adam.values), layer, channel, place),
        curve=np.array(curve, np.float32),
    )


def _check(model: AlexNet, layer: str, channel: int, place: Place) -> LayerInfo:
    check_layers(model.architecture, layer)
    info = describe(model.architecture)[model.architecture.layer_names.index(layer)]
    if info.type == "Softmax":
        *_, logits, _softmax = model.architecture.layer_names
        raise UserError(
            f"{layer} rises when other classes fall, whatever the picture shows: choose {logits} instead."
        )
    if place not in get_args(Place):
        raise UserError(f"There is no place '{place}'. Choose one of: {', '.join(get_args(Place))}.")
    if place == "centre" and not info.is_spatial:
        raise UserError(f"{layer} has units without a place: leave the place at mean.")
    check_position(info, channel)
    return info


def _field(model: AlexNet, info: LayerInfo, channel: int, place: Place) -> Box:
    """The pixels of the input that matter."""
    size = model.architecture.input_size
    if place == "mean":
        return Box(0, 0, size, size)
    _, height, width = info.output_shape
    return box(model.architecture, info.name, channel, height // 2, width // 2)


def _uphill(
    raised: Callable[[Tensor], Tensor], spectrum: Tensor, field: Box, smoothness: float
) -> tuple[float, Tensor]:
    """What is to be raised, and where the amplitudes have to go for more of it and a smoother picture.

    Layers' values differ by orders of magnitude. The gradient's root mean square over the pixels that
    matter is brought to 1, so that the settings mean the same in each layer.
    """
    spectrum = spectrum.detach().requires_grad_()
    picture = fourier_picture.to_rgb(spectrum)
    pixels = picture.detach().requires_grad_()
    value = raised(pixels)
    (gradient,) = torch.autograd.grad(value, pixels)
    size = float(gradient.norm()) / math.sqrt(3 * field.height * field.width)
    if size > 0:
        gradient = gradient / size
    (uphill,) = torch.autograd.grad(picture, spectrum, gradient - smoothness * _roughness(picture.detach()))
    return value.item(), uphill


def _as_input(model: AlexNet, picture: Tensor) -> Tensor:
    """What `model.to_input` does to the pixels of a photo, with a gradient: [3, H, W] -> [1, 3, H, W]."""
    mean, std = (
        torch.tensor(values, device=picture.device).view(3, 1, 1)
        for values in (model.normalization.mean, model.normalization.std)
    )
    return ((255 * picture - mean) / std)[None]


def _roughness(picture: Tensor) -> Tensor:
    """The gradient of half the sum of squared differences between neighbours: [3, H, W] -> [3, H, W]."""
    neighbours = sum(picture.roll(shift, axis) for shift in (-1, 1) for axis in (1, 2))
    return 4 * picture - neighbours


def _pixels(spectrum: Tensor) -> np.ndarray:
    picture = fourier_picture.to_rgb(spectrum.detach()).permute(1, 2, 0)
    return (255 * picture).round().byte().cpu().numpy()


def _measure(model: AlexNet, pixels: np.ndarray, layer: str, channel: int, place: Place) -> float:
    """The activation for a picture as if it were a photo's crop."""
    names = model.architecture.layer_names
    x = model.to_input(pixels[None])
    with torch.inference_mode():
        for name in names[: names.index(layer) + 1]:
            x = model.get_submodule(name)(x)
        return activation(x[0, channel], place)


class _Shake:
    """Random shifts, zooms and rotations: what survives them is no accident of single pixels.

    Args:
        field: the pixels that matter; shifts stay below a twelfth of its side.
    """

    def __init__(self, settings: Settings, field: Box, generator: torch.Generator) -> None:
        self.jitter = min(round(settings["jitter"]), field.height // 12, field.width // 12)
        self.zoom = settings["zoom"] / 100
        self.rotation = math.radians(settings["rotation"])
        self.generator = generator

    def __call__(self, picture: Tensor) -> Tensor:
        """[3, H, W] -> [3, H, W]"""
        down, right, zoom, rotation = (2 * torch.rand(4, generator=self.generator) - 1).tolist()
        # The picture is periodic: what leaves on one side comes in on the other without a seam.
        shifted = picture.roll((round(down * self.jitter), round(right * self.jitter)), (1, 2))
        if not self.zoom and not self.rotation:
            return shifted
        scale, angle = 1 + zoom * self.zoom, rotation * self.rotation
        cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
        turn = torch.tensor([[[cosine, -sine, 0.0], [sine, cosine, 0.0]]], device=picture.device)
        grid = F.affine_grid(turn, [1, *picture.shape], align_corners=False)
        return F.grid_sample(shifted[None], grid, padding_mode="reflection", align_corners=False)[0]


class _Adam:
    """Kingma and Ba 2015, uphill. PyTorch's own loads a compiler first, which takes a second or two."""

    def __init__(self, values: Tensor, rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self.values, self.rate, self.betas = values, rate, betas
        self.mean, self.square, self.steps = torch.zeros_like(values), torch.zeros_like(values), 0

    def climb(self, gradient: Tensor) -> None:
        self.steps += 1
        first, second = self.betas
        self.mean = torch.lerp(gradient, self.mean, first)
        self.square = torch.lerp(gradient.square(), self.square, second)
        mean, square = self.mean / (1 - first**self.steps), self.square / (1 - second**self.steps)
        self.values = self.values + self.rate * mean / (square.sqrt() + 1e-8)


def _climbable(model: AlexNet, layer: str) -> nn.Sequential:
    """The layers up to one, with the same numbers as the model's, and ReLUs that let a gradient through."""
    private, names = private_copy(model), model.architecture.layer_names
    layers = [private.get_submodule(name) for name in names[: names.index(layer) + 1]]
    return nn.Sequential(*(_Redirecting() if isinstance(part, nn.ReLU) else part for part in layers))


class _RedirectedReLU(torch.autograd.Function):
    """ReLU that shows the way up to values that are all silent, whose gradient would be 0. From lucid."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.relu()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        passed = gradient * (x > 0)
        return passed if passed.any() else gradient.clamp(min=0)


class _Redirecting(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return _RedirectedReLU.apply(x)
