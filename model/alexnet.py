"""AlexNet as one PyTorch module, built from an `Architecture`; its layers carry the paper's names."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import architectures as arch
from .architectures import PAPER_LRN, Architecture, LRNConstants
from .errors import UserError
from .layers import LayerInfo, describe
from .preprocess import Normalization, Photo, network_crop, normalize

Module = TypeVar("Module", bound=nn.Module)


class LocalResponseNorm(nn.Module):
    """Local response normalisation across channels: b_i = a_i / (k + scale * sum_j a_j^2)^beta.

    The sum is taken over shifted slices of the squares, and for the usual beta = 0.75 the power is
    two square roots. `F.local_response_norm` pools in three dimensions instead, and takes
    several times as long on a CPU for the same numbers.

    Shapes: [N, C, H, W] -> [N, C, H, W].  Source: Krizhevsky et al. 2012, section 3.3.
    """

    def __init__(self, constants: LRNConstants) -> None:
        super().__init__()
        self.constants = constants

    def forward(self, x: Tensor) -> Tensor:
        n, channels = self.constants.n, x.shape[1]
        # As in PyTorch, an even n takes one neighbour more below than above.
        squares = F.pad(x * x, (0, 0, 0, 0, n // 2, (n - 1) // 2))
        total = squares[:, :channels].clone()
        for shift in range(1, n):
            total += squares[:, shift : shift + channels]
        denominator = total.mul_(self.constants.scale).add_(self.constants.k)
        if self.constants.beta != 0.75:
            return x * denominator.pow(-self.constants.beta)
        root = denominator.rsqrt()
        return x * (root * root.sqrt())

    def extra_repr(self) -> str:
        return str(self.constants)


class Linear(nn.Linear):
    """A fully connected layer that keeps every CPU core busy with a single image.

    For one row, the usual matrix product runs on one core. As a batch of products with blocks of
    rows of the weights it is spread over all of them, and so is its gradient.

    Shapes: [N, inputs] -> [N, units].
    """

    BLOCKS = 8

    def forward(self, x: Tensor) -> Tensor:
        units, inputs = self.weight.shape
        if len(x) != 1 or x.device.type != "cpu" or units % self.BLOCKS:
            return super().forward(x)
        blocks = self.weight.view(self.BLOCKS, -1, inputs).transpose(1, 2)
        return torch.bmm(x.expand(self.BLOCKS, 1, inputs), blocks).view(1, units) + self.bias


def _build(layer: arch.Layer, info: LayerInfo, lrn: LRNConstants, device: str | None) -> nn.Module:
    match layer:
        case arch.Conv():
            return nn.Conv2d(
                info.input_shape[0],
                layer.channels,
                layer.kernel_size,
                layer.stride,
                layer.padding,
                layer.dilation,
                layer.groups,
                device=device,
            )
        case arch.ReLU():
            # In place, ReLU would overwrite the convolution's output that we show.
            return nn.ReLU(inplace=False)
        case arch.LocalResponseNorm():
            return LocalResponseNorm(lrn)
        case arch.MaxPool():
            return nn.MaxPool2d(layer.kernel_size, layer.stride)
        case arch.AdaptiveAvgPool():
            return nn.AdaptiveAvgPool2d(layer.size)
        case arch.Flatten():
            return nn.Flatten()
        case arch.Linear():
            return Linear(info.input_shape[0], layer.units, device=device)
        case arch.Dropout():
            return nn.Dropout(layer.p)
        case arch.Softmax():
            return nn.Softmax(dim=1)


class AlexNet(nn.Module):
    """Any of the `ARCHITECTURES`, with layers as attributes: `model.conv1`, ..., `model.prob`.

    Calling the model gives class probabilities, the last layer's output; `logits` stops before the
    softmax. The model knows how its weights want a photo prepared: `model.prepare(photo)`. As every module
    it starts in training mode, where dropout acts: `model.freeze()` before it predicts or is explained.

    Args:
        lrn: constants of the LRN layers, which belong to the weights.
        normalization: how pixel values are shifted and scaled, which belongs to the weights too.
        device: where parameters are created; "meta" allocates nothing.

    Raises:
        UserError: two layers have one name, or the last is no softmax; or as `describe`.
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
            raise UserError(f"{architecture.name} has two layers named {twice}. Give each its own name.")
        if not isinstance(architecture.layers[-1], arch.Softmax):
            raise UserError(f"{architecture.name} ends in {names[-1]}. It must end in a Softmax.")
        self.architecture = architecture
        self.normalization = normalization or Normalization()
        for layer, info in zip(architecture.layers, describe(architecture), strict=True):
            self.add_module(layer.name, _build(layer, info, lrn, device))

    def forward(self, x: Tensor) -> Tensor:
        """Class probabilities. [N, 3, H, W] -> [N, classes]."""
        for layer in self.children():
            x = layer(x)
        return x

    def logits(self, x: Tensor) -> Tensor:
        """Class scores before the softmax. [N, 3, H, W] -> [N, classes]."""
        *layers, _softmax = self.children()
        for layer in layers:
            x = layer(x)
        return x

    def prepare(self, photo: Photo) -> Tensor:
        """The exact tensor that this network sees for a photo: [1, 3, H, W] on its device."""
        pixels = network_crop(photo, self.architecture)
        return self.to_input(pixels[None])

    def to_input(self, pixels) -> Tensor:
        """RGB pictures, uint8 array [N, H, W, 3], as the input tensor [N, 3, H, W]."""
        parameter = next(self.parameters())
        return torch.from_numpy(normalize(pixels, self.normalization)).to(parameter.device, parameter.dtype)

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def freeze(self) -> AlexNet:
        """Evaluation mode, no gradients for parameters: what everything but training wants."""
        return self.eval().requires_grad_(False)


def private_copy(model: Module) -> Module:
    """A module tree of its own that shares every tensor with `model`.

    One cached model serves many threads, and forward hooks live on modules: whoever needs hooks
    sets them on such a copy, so that no other thread's forward pass runs through them. Takes a
    fraction of a millisecond and no memory to speak of; `copy.deepcopy` takes several times as long.
    """
    private = _without_hooks(model)
    for name, layer in model.named_children():
        private.add_module(name, private_copy(layer))
    return private


def _without_hooks(module: Module) -> Module:
    """The module with dictionaries of its own: the same parameters and layers in them, no hooks."""
    twin = copy.copy(module)
    for name, value in vars(module).items():
        if isinstance(value, dict):
            vars(twin)[name] = type(value)() if "_hooks" in name else value.copy()
    return twin


def initialize_as_paper(model: AlexNet, seed: int) -> AlexNet:
    """Random weights as in the paper, in place: N(0, 0.01), biases 0, or 1 in some layers.

    Krizhevsky et al. 2012, section 5: biases start at 1 in conv2, conv4, conv5 and the fully
    connected hidden layers, so that their ReLUs have positive inputs from the start.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, layer in model.named_children():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                layer.weight.normal_(0.0, 0.01, generator=generator)
                is_one = name in ("conv2", "conv4", "conv5", "fc6", "fc7")
                layer.get_parameter("bias").fill_(float(is_one))
    return model
