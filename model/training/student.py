"""The paper's network while it learns: convolutions, and a classifier with batch normalization."""

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
    """conv1 to pool5 of a network, for uint8 crops [n, 227, 227, 3]: returns the wanted layers by name."""

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
        """Return the layers after the one of that name; they share its parameters."""
        names = list(self.layers)
        return nn.Sequential(*[self.layers[later] for later in names[names.index(name) + 1 :]])

    def forward(self, crops: Tensor) -> Maps:
        x = crops.permute(0, 3, 1, 2).float() - self.mean  # still channels last in memory, which is fast
        outputs = {}
        for name, layer in self.layers.items():
            x = layer(x)
            if name in self.wanted:
                outputs[name] = x
        return outputs


def classifier(inputs: int = 9216, hidden: int = 4096, classes: int = 1000) -> nn.Sequential:
    """Return fc6 to fc8 with dropout and with batch normalization, which `folded` removes later."""
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
    """Give a classifier the weights of trained layers fc6 to fc8: the reverse of `folded`.

    Args:
        inputs: samples, [n, inputs], on which the classifier computes the same as the trained layers.
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
        layer.bias.zero_()  # batch normalization removes any constant
        norm.weight.copy_((x.var(0, unbiased=False) + norm.eps).sqrt())
        norm.bias.copy_(x.mean(0))
        x = F.relu(x)
    net.get_submodule("fc8").load_state_dict({k: state[f"fc8.{k}"] for k in ("weight", "bias")})


def folded(net: nn.Sequential) -> State:
    """Return plain layers fc6 to fc8 that compute the same as `net` in evaluation mode.

    {"fc6.weight": ..., "fc6.bias": ..., "fc7.weight": ..., ...}
    """
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
