"""Make a picture that excites a channel, a unit or a class, starting from noise.

Erhan et al., "Visualizing Higher-Layer Features of a Deep Network" (2009); Simonyan et al., "Deep
Inside Convolutional Networks" (2014); Olah et al., "Feature Visualization" (2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from . import fourier_picture
from .alexnet import AlexNet
from .attribution.base import Progress
from .errors import UserError
from .layers import LayerInfo, describe_layer
from .parameters import Number, Settings, completed
from .receptive_field import Box, box, check_position
from .redirected_relu import RedirectedReLU, with_redirected_relus

Place = Literal["mean", "centre"]
Show = Callable[[np.ndarray, list[float]], object]
"""Called with the visible part of the picture so far, uint8 [h, w, 3], and the activation after each step."""

SHOW_EVERY = 5  # steps

PARAMETERS = (
    Number("steps", "Steps", 100, 10, 1000, 10),
    Number("rate", "Step size (Adam's learning rate)", 0.05, 0.005, 0.3, 0.005),
    Number("jitter", "Largest random shift in pixels", 8, 0, 16),
    Number("zoom", "Largest random zoom in per cent", 5, 0, 20),
    Number("rotation", "Largest random rotation in degrees", 5, 0, 30),
    Number("smoothness", "Smoothness, 0 for none", 1, 0, 10, 0.5),
    Number("seed", "Seed of the noise at the start", 0, 0, 9999),
)


@dataclass(frozen=True)
class Visualization:
    """A picture that excites a channel, a unit or a class.

    Attributes:
        channel: number of the channel, of the unit, or, in fc8, of the class.
        is_spatial: whether the layer has feature maps.
        place: what was raised: the "mean" of the feature map, or its activation in the "centre".
        settings: the value of every parameter.
        pixels: the picture, uint8 [H, W, 3], as large as the network's input.
        field: the visible part: everything, or the receptive field of the activation in the centre.
        start, end: the activation for the noise at the start and for `pixels`, computed as for a photo.
        curve: the activation of the shaken picture after every step, float32 [steps].
    """

    layer: str
    channel: int
    is_spatial: bool
    place: Place
    settings: Mapping[str, float]
    pixels: np.ndarray
    field: Box
    start: float
    end: float
    curve: np.ndarray

    @property
    def name(self) -> str:
        """Return the name, for example "conv5, channel 12" or "fc6, unit 3"."""
        return f"{self.layer}, {'channel' if self.is_spatial else 'unit'} {self.channel}"

    @property
    def visible(self) -> np.ndarray:
        """Return the visible part of the picture: uint8 [h, w, 3]."""
        return self.field.cut(self.pixels)


def activation(values: np.ndarray | Tensor, place: Place = "mean") -> float:
    """Return the number that is raised: a unit's activation, or the mean or the centre of a feature map.

    In the mean, negative values count as 0, since ReLU passes on only positive ones. Without this, the mean
    for a convolution would be the sum of its weights times the mean input, and say nothing about its filter.
    """
    return _activation(values if isinstance(values, Tensor) else torch.tensor(values), place).item()


def _activation(values: Tensor, place: Place) -> Tensor:
    if values.ndim == 0:
        return values
    if place == "centre":
        return values[values.shape[0] // 2, values.shape[1] // 2]
    return RedirectedReLU.apply(values).mean()


def visualize(
    network: AlexNet,
    layer: str,
    channel: int,
    place: Place = "mean",
    settings: Settings | None = None,
    progress: Progress = lambda done, total: None,
    show: Show = lambda pixels, curve: None,
) -> Visualization:
    """Return a picture that raises the activation of a channel or unit, or (in fc8) the logit of a class.

    The same settings give the same picture. An exception raised by `progress` or `show` stops the work. The
    network itself does not change.

    Args:
        place: what to raise, for a layer with feature maps: see `activation`.
        settings: values of the `PARAMETERS`; parameters that are left out have their defaults.
        progress: called with (done, total) after every step.
        show: called at the start and after every few steps with the picture so far.

    Raises:
        UserError: there is no such layer, channel, place or parameter, or a value is out of its limits.
    """
    info = _check(network, layer, channel, place)
    chosen = completed("Feature visualization", PARAMETERS, settings)
    field = _field(network, info, channel, place)
    generator = torch.Generator().manual_seed(round(chosen["seed"]))
    shake = _Shake(chosen, field, generator)
    climbable = with_redirected_relus(network)

    def raised(picture: Tensor) -> Tensor:
        output = climbable.run(_as_input(network, shake(picture)), until=layer)
        return _activation(output[0, channel], place)

    with torch.inference_mode(False), torch.enable_grad():
        noise = fourier_picture.noise(network.architecture.input_size, generator).to(network.device)
        show(field.cut(_pixels(noise)), [])
        spectrum, curve = _climbed(noise, raised, field, chosen, progress, show)
    return Visualization(
        layer=layer,
        channel=channel,
        is_spatial=info.is_spatial,
        place=place,
        settings=chosen,
        pixels=_pixels(spectrum),
        field=field,
        start=_measure(network, _pixels(noise), layer, channel, place),
        end=_measure(network, _pixels(spectrum), layer, channel, place),
        curve=np.array(curve, np.float32),
    )


def _climbed(
    noise: Tensor,
    raised: Callable[[Tensor], Tensor],
    field: Box,
    chosen: Mapping[str, float],
    progress: Progress,
    show: Show,
) -> tuple[Tensor, list[float]]:
    """Return the spectrum of the picture after all steps, and the activation after each step."""
    adam, curve, steps = _Adam(noise, chosen["rate"]), [], round(chosen["steps"])
    for step in range(1, steps + 1):
        value, uphill = _uphill(raised, adam.values, field, chosen["smoothness"])
        adam.climb(uphill)
        curve.append(value)
        if step % SHOW_EVERY == 0:
            show(field.cut(_pixels(adam.values)), curve.copy())
        progress(step, steps)
    return adam.values, curve


def _check(network: AlexNet, layer: str, channel: int, place: Place) -> LayerInfo:
    info = describe_layer(network.architecture, layer)
    if info.type == "Softmax":
        raise UserError(
            f"A probability in {layer} also rises when the logits of other classes fall: choose "
            f"{network.architecture.logits_layer} instead."
        )
    if place not in get_args(Place):
        raise UserError(f"There is no place '{place}'. Choose one of: {', '.join(get_args(Place))}.")
    if place == "centre" and not info.is_spatial:
        raise UserError(f"{layer} has units, not feature maps, so it has no centre: leave the place at mean.")
    check_position(info, channel)
    return info


def _field(network: AlexNet, info: LayerInfo, channel: int, place: Place) -> Box:
    """Return the visible part of the picture, as a box of the input."""
    size = network.architecture.input_size
    if place == "mean":
        return Box(0, 0, size, size)
    _, height, width = info.output_shape
    return box(network.architecture, info.name, channel, height // 2, width // 2)


def _uphill(
    raised: Callable[[Tensor], Tensor], spectrum: Tensor, field: Box, smoothness: float
) -> tuple[float, Tensor]:
    """Return the activation, and the direction in which to change the amplitudes.

    In this direction the activation rises and the picture gets smoother. Activations of different layers
    differ by orders of magnitude, so the gradient is divided by its root mean square over the visible pixels.
    Then the settings mean the same in all layers.
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


def _as_input(network: AlexNet, picture: Tensor) -> Tensor:
    """Return the input for a picture of 0..1, like `network.to_input`, but with a gradient.

    [3, H, W] -> [1, 3, H, W]
    """
    mean, std = (
        torch.tensor(values, device=picture.device).view(3, 1, 1)
        for values in (network.normalization.mean, network.normalization.std)
    )
    return ((255 * picture - mean) / std)[None]


def _roughness(picture: Tensor) -> Tensor:
    """Return the gradient of half the sum of squared differences between neighbouring pixels: [3, H, W]."""
    neighbours = sum(picture.roll(shift, axis) for shift in (-1, 1) for axis in (1, 2))
    return 4 * picture - neighbours


def _pixels(spectrum: Tensor) -> np.ndarray:
    picture = fourier_picture.to_rgb(spectrum.detach()).permute(1, 2, 0)
    return (255 * picture).round().byte().cpu().numpy()


def _measure(network: AlexNet, pixels: np.ndarray, layer: str, channel: int, place: Place) -> float:
    """Return the activation for a picture, computed as for the crop of a photo."""
    with torch.inference_mode():
        output = network.run(network.to_input(pixels[None]), until=layer)
        return activation(output[0, channel], place)


class _Shake:
    """Random shifts, zooms and rotations, so that the activation cannot depend on single pixels.

    Args:
        field: the visible part of the picture; shifts are at most 1/12 of its side.
    """

    def __init__(self, settings: Mapping[str, float], field: Box, generator: torch.Generator) -> None:
        self.jitter = min(round(settings["jitter"]), field.height // 12, field.width // 12)
        self.zoom = settings["zoom"] / 100
        self.rotation = math.radians(settings["rotation"])
        self.generator = generator

    def __call__(self, picture: Tensor) -> Tensor:
        """Return the picture, shifted, zoomed and rotated at random. [3, H, W] -> [3, H, W]"""
        down, right, zoom, rotation = (2 * torch.rand(4, generator=self.generator) - 1).tolist()
        # The picture is periodic, so pixels that leave on one side can come in on the other without a seam.
        shifted = picture.roll((round(down * self.jitter), round(right * self.jitter)), (1, 2))
        if not self.zoom and not self.rotation:
            return shifted
        scale, angle = 1 + zoom * self.zoom, rotation * self.rotation
        cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
        turn = torch.tensor([[[cosine, -sine, 0.0], [sine, cosine, 0.0]]], device=picture.device)
        grid = F.affine_grid(turn, [1, *picture.shape], align_corners=False)
        return F.grid_sample(shifted[None], grid, padding_mode="reflection", align_corners=False)[0]


class _Adam:
    """The optimizer Adam (Kingma and Ba 2015), climbing instead of descending.

    PyTorch's Adam would first load a compiler, which takes a second or two.
    """

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
