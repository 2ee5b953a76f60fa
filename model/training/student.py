"""The paper's network while it learns: convolutions and a classifier with batch normalisation."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..alexnet import AlexNet, LocalResponseNorm
from ..weights.formats import State
from .batch_norm import fold
from .lrn import TrainingLRN
from .source import MEAN

CONVOLUTIONS = (
    *("conv1", "relu1", "norm1", "pool1"),
    *("conv2", "relu2", "norm2", "pool2"),
    *("conv3", "relu3", "conv4", "relu4", "conv5", "relu5", "pool5"),
)
Maps = dict[str, Tensor]


class Convolutions(nn.Module):
    """conv1 to pool5 of a network, on uint8 crops [n, 227, 227, 3]; gives the maps asked for by name."""

    MEAN = MEAN
    mean: Tensor

    def __init__(self, network: AlexNet, wanted: tuple[str, ...] = ("pool5",)) -> None:
        super().__init__()
        self.wanted = wanted
        layers, channels = {}, 0
        for name in CONVOLUTIONS:
            layer = network.get_submodule(name)
            if isinstance(layer, nn.Conv2d):
                channels = layer.out_channels
            if isinstance(layer, LocalResponseNorm):
                layer = TrainingLRN(layer.constants, channels)
            layers[name] = layer
        self.layers = nn.ModuleDict(layers)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])

    def after(self, name: str) -> nn.Sequential:
        """The layers behind the one of that name, these very ones."""
        names = list(self.layers)
        return nn.Sequential(*[self.layers[later] for later in names[names.index(name) + 1 :]])

    def forward(self, crops: Tensor) -> Maps:
        x = crops.permute(0, 3, 1, 2).float() - self.mean  # laid out channels last, as crops are
        found = {}
        for name, layer in self.layers.items():
            x = layer(x)
            if name in self.wanted:
                found[name] = x
        return found


def classifier(inputs: int = 9216, hidden: int = 4096, classes: int = 1000) -> nn.Sequential:
    """fc6 to fc8 with dropout as in the paper, and batch normalisation, which `folded` takes out again."""
    net = nn.Sequential()
    for name, layer in (
        ("norm5", nn.BatchNorm1d(inputs, affine=False)),
        ("fc6", nn.Linear(inputs, hidden)),
        ("norm6", nn.BatchNorm1d(hidden)),
        ("relu6", nn.ReLU()),
        ("drop6", nn.Dropout(0.3)),
        ("fc7", nn.Linear(hidden, hidden)),
        ("norm7", nn.BatchNorm1d(hidden)),
        ("relu7", nn.ReLU()),
        ("drop7", nn.Dropout(0.3)),
        ("fc8", nn.Linear(hidden, classes)),
    ):
        net.add_module(name, layer)
    return net


@torch.no_grad()
def begin_with(net: nn.Sequential, state: State, inputs: Tensor) -> None:
    """Set a classifier to fc6 to fc8 that were learned before: `folded`, the other way round.

    Args:
        inputs: [n, inputs]; on these very samples the function is the same as the plain layers'.
    """
    x = inputs
    norm = net.get_submodule("norm5")
    assert isinstance(norm, nn.BatchNorm1d)
    spread = (x.var(0, unbiased=False) + norm.eps).sqrt()
    for name, after in (("fc6", "norm6"), ("fc7", "norm7")):
        layer, norm = net.get_submodule(name), net.get_submodule(after)
        assert isinstance(layer, nn.Linear) and isinstance(norm, nn.BatchNorm1d)
        x = F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])
        layer.weight.copy_(state[f"{name}.weight"] * (spread if name == "fc6" else 1.0))
        layer.bias.zero_()  # normalisation takes any constant away again
        norm.weight.copy_((x.var(0, unbiased=False) + norm.eps).sqrt())
        norm.bias.copy_(x.mean(0))
        x = F.relu(x)
    net.get_submodule("fc8").load_state_dict({k: state[f"fc8.{k}"] for k in ("weight", "bias")})


def folded(net: nn.Sequential) -> State:
    """fc6 to fc8 alone, the same function as `net` in evaluation mode: {"fc6.weight": ...}."""
    linear = {name: layer for name, layer in net.named_children() if isinstance(layer, nn.Linear)}
    norms = {name: layer for name, layer in net.named_children() if isinstance(layer, nn.BatchNorm1d)}
    plain = {
        "fc6": fold(norms["norm5"], linear["fc6"], norms["norm6"]),
        "fc7": fold(None, linear["fc7"], norms["norm7"]),
        "fc8": linear["fc8"],
    }
    return {
        f"{name}.{kind}": tensor.detach()
        for name, layer in plain.items()
        for kind, tensor in layer.named_parameters()
    }
