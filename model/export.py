"""Write an architecture as PyTorch code that needs nothing from this project."""

from __future__ import annotations

from . import layer_specs as specs
from .architectures import Architecture
from .layer_specs import PAPER_LRN, Layer
from .layers import LayerInfo, describe

_HEAD = '''"""{title}: {total:,} parameters. Written by AlexNet Explorer."""

from collections import OrderedDict

import torch
from torch import nn

{classes}network = nn.Sequential(
    OrderedDict(
        [
'''
_UP = '''class Conv2dUp(nn.Conv2d):
    """A convolution whose size is rounded up: the last window may reach beyond the input, over zeros."""

    def forward(self, x):
        sides = zip(x.shape[2:], self.kernel_size, self.dilation, self.stride, self.padding)
        spans = [(n + 2 * p, d * (k - 1) + 1, s, p) for n, k, d, s, p in sides]
        down, right = (over if (over := -(n - k) % s) < k - p else 0 for n, k, s, p in spans)
        return super().forward(nn.functional.pad(x, (0, right, 0, down)))


'''
_TOWERS = '''class GroupedLRN(nn.LocalResponseNorm):
    """Local response normalization within each of several groups of channels."""

    def __init__(self, groups, *arguments, **named):
        super().__init__(*arguments, **named)
        self.groups = groups

    def forward(self, x):
        return torch.cat([super(GroupedLRN, self).forward(part) for part in x.chunk(self.groups, 1)], 1)


'''
_SPATIAL = '''class SpatialNorm(nn.Module):
    """Response normalization by the squares around each position of the same map."""

    def __init__(self, size, alpha, beta, k):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, x):
        mean = nn.functional.avg_pool2d(x * x, self.size, 1, self.size // 2)
        return x / (self.k + self.alpha * mean) ** self.beta


'''
_TAIL = """        ]
    )
)

if __name__ == "__main__":
    x = torch.zeros(1, {channels}, {size}, {size})
    for name, layer in network.eval().named_children():
        x = layer(x)
        print(f"{{name:8}}{{tuple(x.shape[1:])}}")
    print(f"{{sum(p.numel() for p in network.parameters()):,}} parameters")
"""


def to_code(architecture: Architecture) -> str:
    """Return a Python file that builds the network as `nn.Sequential` and prints its shapes and parameters.

    Raises:
        UserError: a layer would have no output.
    """
    infos = describe(architecture)
    lines = [
        f'            ("{layer.name}", {_call(layer, info)}),{_remark(layer, info)}\n'
        for layer, info in zip(architecture.layers, infos, strict=True)
    ]
    total = sum(info.parameters for info in infos)
    head = _HEAD.format(title=architecture.title, total=total, classes=_classes(architecture))
    tail = _TAIL.format(channels=architecture.input_channels, size=architecture.input_size)
    return head + "".join(lines) + tail


def _classes(architecture: Architecture) -> str:
    """Return the classes that PyTorch lacks and the network needs."""
    layers = architecture.layers
    needed = {
        _UP: any(isinstance(layer, specs.Conv) and layer.rounding == "ceil" for layer in layers),
        _TOWERS: any(isinstance(layer, specs.LocalResponseNorm) and layer.groups > 1 for layer in layers),
        _SPATIAL: any(isinstance(layer, specs.SpatialResponseNorm) for layer in layers),
    }
    classes = "".join(code for code, is_needed in needed.items() if is_needed)
    return f"\n{classes}" if classes else ""


def _remark(layer: Layer, info: LayerInfo) -> str:
    if isinstance(layer, specs.LocalResponseNorm) and not layer.constants:
        return "  # PyTorch divides alpha by the number of channels, 5; the paper does not"
    return f"  # {' x '.join(map(str, info.output_shape))}"


def _call(layer: Layer, info: LayerInfo) -> str:
    match layer:
        case specs.Conv():
            usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
            given = "".join(
                f", {name}={getattr(layer, name)}" for name, v in usual.items() if getattr(layer, name) != v
            )
            name = "Conv2dUp" if layer.rounding == "ceil" else "nn.Conv2d"
            return f"{name}({info.input_shape[0]}, {layer.channels}, {layer.kernel_size}{given})"
        case specs.MaxPool() | specs.AvgPool():
            kind = "nn.MaxPool2d" if isinstance(layer, specs.MaxPool) else "nn.AvgPool2d"
            up = ", ceil_mode=True" if layer.rounding == "ceil" else ""
            return f"{kind}({layer.kernel_size}, stride={layer.stride}{up})"
        case specs.AdaptiveAvgPool():
            return f"nn.AdaptiveAvgPool2d({layer.size})"
        case specs.Linear():
            return f"nn.Linear({info.input_shape[0]}, {layer.units})"
        case specs.Dropout():
            return f"nn.Dropout({layer.p})"
        case specs.LocalResponseNorm():
            c = layer.constants or PAPER_LRN
            constants = f"{c.n}, alpha={c.scale * c.n:g}, beta={c.beta:g}, k={c.k:g}"
            if layer.groups > 1:
                return f"GroupedLRN({layer.groups}, {constants})"
            return f"nn.LocalResponseNorm({constants})"
        case specs.SpatialResponseNorm():
            c = layer.constants
            return f"SpatialNorm({layer.size}, alpha={c.scale * c.n:g}, beta={c.beta:g}, k={c.k:g})"
        case specs.ReLU():
            return "nn.ReLU()"
        case specs.Tanh():
            return "nn.Tanh()"
        case specs.Sigmoid():
            return "nn.Sigmoid()"
        case specs.Flatten():
            return "nn.Flatten()"
        case specs.Softmax():
            return "nn.Softmax(dim=1)"
