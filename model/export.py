"""An architecture as PyTorch code that needs nothing from this project. No PyTorch here."""

from __future__ import annotations

from . import architectures as arch
from .architectures import PAPER_LRN, Architecture, Layer
from .layers import LayerInfo, describe

_HEAD = '''"""{title}: {total:,} parameters. Written by AlexNet Explorer."""

from collections import OrderedDict

import torch
from torch import nn

network = nn.Sequential(
    OrderedDict(
        [
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
    """A Python file with the network as `nn.Sequential`; run, it prints shapes and parameters.

    Raises:
        UserError: a layer would have no output.
    """
    infos = describe(architecture)
    lines = [
        f'            ("{layer.name}", {_call(layer, info)}),{_remark(layer, info)}\n'
        for layer, info in zip(architecture.layers, infos, strict=True)
    ]
    head = _HEAD.format(title=architecture.title, total=sum(info.parameters for info in infos))
    tail = _TAIL.format(channels=architecture.input_channels, size=architecture.input_size)
    return head + "".join(lines) + tail


def _remark(layer: Layer, info: LayerInfo) -> str:
    if isinstance(layer, arch.LocalResponseNorm):
        return "  # PyTorch divides alpha by the 5 neighbours, the paper does not"
    return f"  # {' x '.join(map(str, info.output_shape))}"


def _call(layer: Layer, info: LayerInfo) -> str:
    match layer:
        case arch.Conv():
            usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
            given = "".join(
                f", {name}={getattr(layer, name)}" for name, v in usual.items() if getattr(layer, name) != v
            )
            return f"nn.Conv2d({info.input_shape[0]}, {layer.channels}, {layer.kernel_size}{given})"
        case arch.MaxPool():
            return f"nn.MaxPool2d({layer.kernel_size}, stride={layer.stride})"
        case arch.AdaptiveAvgPool():
            return f"nn.AdaptiveAvgPool2d({layer.size})"
        case arch.Linear():
            return f"nn.Linear({info.input_shape[0]}, {layer.units})"
        case arch.Dropout():
            return f"nn.Dropout({layer.p})"
        case arch.LocalResponseNorm():
            c = PAPER_LRN
            return f"nn.LocalResponseNorm({c.n}, alpha={c.alpha * c.n:g}, beta={c.beta:g}, k={c.k:g})"
        case arch.ReLU():
            return "nn.ReLU()"
        case arch.Flatten():
            return "nn.Flatten()"
        case arch.Softmax():
            return "nn.Softmax(dim=1)"
