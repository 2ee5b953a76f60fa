"""The network as a PyTorch module, built from an `Architecture`. Layers have the names of the paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar, assert_never

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import layer_specs as specs
from .architectures import Architecture
from .colour import luminance
from .errors import UserError
from .layer_specs import PAPER_LRN, LRNConstants
from .layers import LayerInfo, describe
from .preprocess import Normalization, Photo, network_crop, normalize
from .sizes import overhang, window_span

Module = TypeVar("Module", bound=nn.Module)


class ResponseNorm(nn.Module):
    """Divide each activation by the strength of its neighbours: b_i = a_i / (k + scale * sum_j a_j^2)^beta.

    Shapes: [N, C, H, W] -> [N, C, H, W].  Source: Krizhevsky et al. 2012, section 3.3.
    """

    def __init__(self, constants: LRNConstants) -> None:
        super().__init__()
        self.constants = constants

    def sums(self, maps: Tensor) -> Tensor:
        """Return for each position the sum over its neighbours and itself: [N, C, H, W] -> [N, C, H, W]."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        denominator = self.sums(x * x).mul_(self.constants.scale).add_(self.constants.k)
        if self.constants.beta != 0.75:
            return x * denominator.pow(-self.constants.beta)
        root = denominator.rsqrt()  # two square roots are several times faster than a power
        return x * (root * root.sqrt())

    def extra_repr(self) -> str:
        return str(self.constants)


class LocalResponseNorm(ResponseNorm):
    """Local response normalization: the neighbours of an activation are those in n adjacent channels.

    It adds up shifted slices of the squares. `F.local_response_norm` uses a 3-D pooling for the sum and takes
    several times as long on a CPU.

    Args:
        groups: a channel has neighbours in its own group only; 2 for within a tower.
    """

    def __init__(self, constants: LRNConstants, groups: int = 1) -> None:
        super().__init__(constants)
        self.groups = groups

    def sums(self, maps: Tensor) -> Tensor:
        if self.groups > 1:
            parts = maps.chunk(self.groups, 1)
            return torch.cat([self._over_channels(part) for part in parts], 1)
        return self._over_channels(maps)

    def _over_channels(self, maps: Tensor) -> Tensor:
        n, channels = self.constants.n, maps.shape[1]
        # As in PyTorch, for an even n there is one more neighbour below than above.
        padded = F.pad(maps, (0, 0, 0, 0, n // 2, (n - 1) // 2))
        total = padded[:, :channels].clone()
        for shift in range(1, n):
            total += padded[:, shift : shift + channels]
        return total


class SpatialResponseNorm(ResponseNorm):
    """Response normalization inside each map: the neighbours are those in a square around the position."""

    def __init__(self, constants: LRNConstants, size: int) -> None:
        super().__init__(constants)
        self.size = size

    def sums(self, maps: Tensor) -> Tensor:
        return F.avg_pool2d(maps, self.size, stride=1, padding=self.size // 2).mul(self.size**2)


class OverhangingConv2d(nn.Conv2d):
    """A convolution whose output size is rounded up: the last window may reach over the edge of the input.

    Zeros are there. A window that would begin outside the input is left out, see `sizes.overhang`.
    """

    def forward(self, x: Tensor) -> Tensor:
        assert not isinstance(self.padding, str)
        settings = zip(self.kernel_size, self.dilation, self.stride, self.padding, strict=True)
        down, right = (
            overhang(side, window_span(kernel, dilation), stride, padding)
            for side, (kernel, dilation, stride, padding) in zip(x.shape[2:], settings, strict=True)
        )
        return super().forward(F.pad(x, (0, right, 0, down)) if down or right else x)


class Linear(nn.Linear):
    """A fully connected layer that uses all CPU cores even for a single photo.

    For a single input, PyTorch computes the matrix product on one core. Here the rows of the weights are
    divided into blocks, which are spread over all cores, for the gradient too.

    Shapes: [N, inputs] -> [N, units].
    """

    BLOCKS = 8

    def forward(self, x: Tensor) -> Tensor:
        units, inputs = self.weight.shape
        if len(x) != 1 or x.device.type != "cpu" or units % self.BLOCKS:
            return super().forward(x)
        blocks = self.weight.view(self.BLOCKS, -1, inputs).transpose(1, 2)
        return torch.bmm(x.expand(self.BLOCKS, 1, inputs), blocks).view(1, units) + self.bias


def _build(layer: specs.Layer, info: LayerInfo, lrn: LRNConstants, device: str | None) -> nn.Module:
    match layer:
        case specs.Conv():
            convolution = OverhangingConv2d if layer.rounding == "ceil" else nn.Conv2d
            return convolution(
                info.input_shape[0],
                layer.channels,
                layer.kernel_size,
                layer.stride,
                layer.padding,
                layer.dilation,
                layer.groups,
                device=device,
            )
        case specs.ReLU():
            # If it worked in place, ReLU would overwrite the convolution's output, which we show.
            return nn.ReLU(inplace=False)
        case specs.Tanh():
            return nn.Tanh()
        case specs.Sigmoid():
            return nn.Sigmoid()
        case specs.LocalResponseNorm():
            return LocalResponseNorm(layer.constants or lrn, layer.groups)
        case specs.SpatialResponseNorm():
            return SpatialResponseNorm(layer.constants, layer.size)
        case specs.MaxPool():
            return nn.MaxPool2d(layer.kernel_size, layer.stride, ceil_mode=layer.rounding == "ceil")
        case specs.AvgPool():
            return nn.AvgPool2d(layer.kernel_size, layer.stride, ceil_mode=layer.rounding == "ceil")
        case specs.AdaptiveAvgPool():
            return nn.AdaptiveAvgPool2d(layer.size)
        case specs.Flatten():
            return nn.Flatten()
        case specs.Linear():
            return Linear(info.input_shape[0], layer.units, device=device)
        case specs.Dropout():
            return nn.Dropout(layer.p)
        case specs.Softmax():
            return nn.Softmax(dim=1)
        case _:
            assert_never(layer)


class AlexNet(nn.Module):
    """A network of any `Architecture`, with its layers as attributes: `network.conv1`, ..., `network.prob`.

    `network(x)` returns class probabilities, and `network.logits(x)` the scores before the softmax.
    `network.prepare(photo)` returns a photo as the input that the weights were trained with. Like every
    module, a new network is in training mode, in which dropout acts: call `network.freeze()` before it
    predicts.

    Args:
        lrn: constants of the LRN layers to which the architecture gives none. They belong to the weights.
        normalization: how pixel values are shifted and scaled. This belongs to the weights, too.
        device: where parameters are created; "meta" takes no memory.

    Raises:
        UserError: two layers have the same name, the last layer is not a softmax, or a layer has no output.
    """

    def __init__(
        self,
        architecture: Architecture,
        lrn: LRNConstants = PAPER_LRN,
        normalization: Normalization | None = None,
        device: str | None = None,
    ) -> None:
        super().__init__()
        names = architecture.layer_names
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise UserError(f"{architecture.name} has two layers named {twice}. Give them different names.")
        if not isinstance(architecture.layers[-1], specs.Softmax):
            raise UserError(f"{architecture.name} ends in {names[-1]}. It must end in a Softmax.")
        self.architecture = architecture
        self.normalization = normalization or Normalization()
        for layer, info in zip(architecture.layers, describe(architecture), strict=True):
            self.add_module(layer.name, _build(layer, info, lrn, device))

    def forward(self, x: Tensor) -> Tensor:
        """Return class probabilities. [N, 3, H, W] -> [N, classes]."""
        return self.run(x)

    def logits(self, x: Tensor) -> Tensor:
        """Return class scores before the softmax. [N, 3, H, W] -> [N, classes]."""
        return self.run(x, until=self.architecture.logits_layer)

    def walk(
        self, x: Tensor, *, after: str | None = None, until: str | None = None
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the name and output of one layer after the other.

        For example `dict(network.walk(x, until="pool1"))` contains the outputs of conv1, relu1, norm1 and
        pool1, and `network.walk(output, after="pool1")` continues with conv2. A layer is computed only when
        its output is asked for.

        Args:
            x: the input of the first of these layers: the network's input, or the output of `after`.
            after: the layer after which to begin; None to begin with the first layer.
            until: the last layer to compute; None for the last layer of the network.

        Raises:
            UserError: there is no such layer.
        """
        names = list(self.architecture.layer_names)
        self.architecture.check_layers([name for name in (after, until) if name is not None])
        first = 0 if after is None else names.index(after) + 1
        last = len(names) if until is None else names.index(until) + 1
        for name in names[first:last]:
            x = self._modules[name](x)  # type: ignore[misc]  # no layer is None
            yield name, x

    def run(self, x: Tensor, *, after: str | None = None, until: str | None = None) -> Tensor:
        """Return the output of the last layer of `walk`, or x itself if there is none."""
        for _, output in self.walk(x, after=after, until=until):
            x = output
        return x

    def prepare(self, photo: Photo) -> Tensor:
        """Return the input for a photo: [1, 3, H, W], on the network's device."""
        pixels = network_crop(photo, self.architecture)
        return self.to_input(pixels[None])

    def to_input(self, pixels) -> Tensor:
        """Return RGB crops as the input of the network. uint8 [N, H, W, 3] -> float32 [N, 3, H, W]

        A network for grey photos gets their luminance: float32 [N, 1, H, W].
        """
        parameter = next(self.parameters())
        if self.architecture.input_channels == 1:
            pixels = luminance(pixels)
        return torch.from_numpy(normalize(pixels, self.normalization)).to(parameter.device, parameter.dtype)

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def freeze(self) -> AlexNet:
        """Set evaluation mode, switch off the gradients of parameters, and return the network."""
        return self.eval().requires_grad_(False)


def private_copy(module: Module) -> Module:
    """Return a copy of a network that shares its parameters but has no hooks.

    One network is used by many threads, and a hook on one of its modules would be called by all of them. So
    hooks are only set on such a copy. It is made anew each time, because a stored copy would not notice that
    a layer of the network was replaced. This takes less than a tenth of a millisecond; `copy.deepcopy` takes
    more than one.
    """
    private = object.__new__(type(module))
    own = vars(private)
    for name, value in vars(module).items():
        if isinstance(value, dict):  # copy the dicts of parameters and layers, leave out those of hooks
            value = type(value)() if "_hooks" in name else value.copy()
        own[name] = value
    layers = own["_modules"]
    for name, layer in layers.items():
        layers[name] = private_copy(layer)
    return private


def initialize_as_paper(network: AlexNet, seed: int) -> AlexNet:
    """Give a network random weights as at the start of the paper's training, and return it.

    Weights are drawn from N(0, 0.01). Biases are 1 in conv2, conv4, conv5, fc6 and fc7, so that their ReLUs
    have positive inputs from the start, and 0 in the other layers. (Krizhevsky et al. 2012, section 5)
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, layer in network.named_children():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                layer.weight.normal_(0.0, 0.01, generator=generator)
                is_one = name in ("conv2", "conv4", "conv5", "fc6", "fc7")
                layer.get_parameter("bias").fill_(float(is_one))
    return network
