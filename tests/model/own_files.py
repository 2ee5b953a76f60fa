"""Networks like AlexNet in plain PyTorch, and files of their weights as many programs write them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from torch import Tensor, nn

State = dict[str, Tensor]
SIDES = {"torchvision": 224, "paper": 227, "cifar10": 32}


@dataclass(frozen=True)
class Plain:
    """A small network in plain PyTorch, with random weights.

    Attributes:
        kind: whose layers it has: "torchvision", "paper" or "cifar10".
        groups: of conv2, conv4 and conv5.
    """

    kind: str = "torchvision"
    channels: tuple[int, ...] = (8, 12, 24, 16, 16)
    groups: int = 1
    units: tuple[int, int] = (32, 24)
    classes: int = 10
    inputs: int = 3
    conv_bias: bool = True
    fc_bias: bool = True
    k: float = 2.0  # of LRN
    scale: float = 5e-4  # alpha as PyTorch takes it, which divides it by 5

    @property
    def side(self) -> int:
        return SIDES[self.kind]

    def layers(self) -> tuple[list[nn.Module], list[nn.Module]]:
        """Return the layers of torchvision's `features` and `classifier`."""
        torch.manual_seed(zlib.crc32(repr(self).encode()))
        c, g, b = (self.inputs, *self.channels), self.groups, self.conv_bias
        cifar, paper = self.kind == "cifar10", self.kind == "paper"

        def pool() -> list[nn.Module]:
            return [nn.MaxPool2d(2, 2) if cifar else nn.MaxPool2d(3, 2)]

        def norm() -> list[nn.Module]:
            return [nn.LocalResponseNorm(5, self.scale, 0.75, self.k)] if paper else []

        if cifar:
            first, second = nn.Conv2d(c[0], c[1], 3, bias=b), nn.Conv2d(c[1], c[2], 3, padding=1, bias=b)
        else:
            first = nn.Conv2d(c[0], c[1], 11, 4, 0 if paper else 2, bias=b)
            second = nn.Conv2d(c[1], c[2], 5, padding=2, groups=g, bias=b)
        features = [first, nn.ReLU(), *norm(), *pool(), second, nn.ReLU(), *norm(), *pool()]
        features += [nn.Conv2d(c[2], c[3], 3, padding=1, bias=b), nn.ReLU()]
        features += [nn.Conv2d(c[3], c[4], 3, padding=1, groups=g, bias=b), nn.ReLU()]
        features += [nn.Conv2d(c[4], c[5], 3, padding=1, groups=g, bias=b), nn.ReLU(), *pool()]
        flat = c[5] * (9 if cifar else 36)
        classifier = [nn.Dropout(), nn.Linear(flat, self.units[0], self.fc_bias), nn.ReLU(), nn.Dropout()]
        classifier += [nn.Linear(*self.units, self.fc_bias), nn.ReLU()]
        classifier += [nn.Linear(self.units[1], self.classes, self.fc_bias)]
        return features, classifier

    def network(self) -> Any:
        features, classifier = self.layers()
        made: Any = nn.Module()
        made.features, made.classifier = nn.Sequential(*features), nn.Sequential(*classifier)
        made.forward = lambda x: made.classifier(made.features(x).flatten(1))
        for parameter in made.parameters():
            # Large enough that logits differ by far more than the tolerance when anything is wrong.
            parameter.data.mul_(2)
        return made.eval()

    def state(self) -> State:
        return {name: tensor.clone() for name, tensor in self.network().state_dict().items()}

    def renamed(self, names: Callable[[int], str]) -> State:
        """Return the weights under other names: those of layer 0 to 7."""
        modules = list(dict.fromkeys(name.rpartition(".")[0] for name in self.state()))
        return {
            f"{names(modules.index(name.rpartition('.')[0]))}.{name.rpartition('.')[2]}": tensor
            for name, tensor in self.state().items()
        }

    @torch.no_grad()
    def logits(self, x: Tensor) -> Tensor:
        return self.network()(x)


OURS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8").__getitem__
Write = Callable[[Path, Plain], object]


def prefixed(state: Mapping[str, Tensor], prefix: str) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


def in_checkpoint(*keys: str, **beside: Any) -> Write:
    """Return a writer of a checkpoint that holds the weights under these keys, one in the other."""

    def write(path: Path, plain: Plain) -> None:
        content: Any = plain.state()
        for key in reversed(keys):
            content = {key: content, **beside}
        torch.save(content, path)

    return write


def saved(change: Callable[[State], State] = dict, **options: Any) -> Write:
    """Return a writer of a plain state dict, changed in some way."""
    return lambda path, plain: torch.save(change(plain.state()), path, **options)


def in_type(dtype: torch.dtype) -> Callable[[State], State]:
    return lambda state: {name: tensor.to(dtype) for name, tensor in state.items()}


def write_safetensors(path: Path, plain: Plain) -> None:
    save_file(plain.state(), path)


def write_ours(path: Path, plain: Plain) -> None:
    save_file(plain.renamed(OURS), path)


def write_other_names(path: Path, plain: Plain) -> None:
    torch.save(plain.renamed(lambda number: f"stage{'abcdefgh'[number]}.layer"), path)


def write_numbered(path: Path, plain: Plain) -> None:
    """Write names that are in order only if numbers count as numbers, in a format that sorts by letters."""
    save_file(plain.renamed(lambda number: f"layers.{number + 5}"), path)


def write_fully_convolutional(path: Path, plain: Plain) -> None:
    """Write fc6 to fc8 as convolutions, fc6 with kernels as large as its input."""
    state = plain.renamed(OURS)
    for name in ("fc6", "fc7", "fc8"):
        side = 6 if name == "fc6" else 1
        weight = state[f"{name}.weight"]
        state[f"{name}.weight"] = weight.view(len(weight), -1, side, side)
    torch.save(state, path)


def write_graph(
    path: Path, plain: Plain, *, connected: str = "transB", constants: bool = False, external: bool = False
) -> None:
    """Write an ONNX file.

    Args:
        connected: how fully connected layers are written: "transB", "in-out", "scaled" (alpha and beta) or
            "matmul".
        constants: write weights as Constant nodes, not as initializers.
        external: write the numbers into a second file.
    """
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []
    last = "photo"

    def value(array: Tensor) -> str:
        name = f"t{len(nodes)}_{len(tensors)}"
        tensor = numpy_helper.from_array(np.ascontiguousarray(array.detach().numpy()), name)
        if constants:
            nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            tensors.append(tensor)
        return name

    def add(kind: str, *extra: str, **attributes: Any) -> None:
        nonlocal last
        output = f"o{len(nodes)}"
        nodes.append(helper.make_node(kind, [last, *extra], [output], **attributes))
        last = output

    network = plain.network()
    for layer in [*network.features, nn.Flatten(), *network.classifier]:
        if isinstance(layer, nn.Conv2d):
            extra = [value(layer.weight)] + ([] if layer.bias is None else [value(layer.bias)])
            pads = [int(layer.padding[0])] * 4
            add("Conv", *extra, strides=list(layer.stride), pads=pads, group=layer.groups)
        elif isinstance(layer, nn.Linear):
            _add_connected(add, value, layer, connected)
        elif isinstance(layer, nn.LocalResponseNorm):
            add("LRN", size=5, alpha=layer.alpha, beta=layer.beta, bias=layer.k)
        elif isinstance(layer, nn.MaxPool2d):
            add("MaxPool", kernel_shape=[layer.kernel_size] * 2, strides=[layer.stride] * 2)
        elif not isinstance(layer, nn.Dropout):
            add({nn.ReLU: "Relu", nn.Flatten: "Flatten"}[type(layer)])
    photo = helper.make_tensor_value_info(
        "photo", TensorProto.FLOAT, [1, plain.inputs, plain.side, plain.side]
    )
    scores = helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, plain.classes])
    model = helper.make_model(helper.make_graph(nodes, "plain", [photo], [scores], tensors))
    onnx.save(model, path, save_as_external_data=external, size_threshold=0)


def _add_connected(add: Callable, value: Callable, layer: nn.Linear, how: str) -> None:
    """Add a fully connected layer to the graph. See `write_graph` for how."""
    weight, bias = layer.weight.detach(), layer.bias
    if how == "matmul":
        add("MatMul", value(weight.T))
        if bias is not None:
            add("Add", value(bias))
        return
    factors = {"alpha": 0.5, "beta": 4.0} if how == "scaled" else {}
    given = [value(weight / factors.get("alpha", 1) if how != "in-out" else weight.T)]
    given += [] if bias is None else [value(bias / factors.get("beta", 1))]
    add("Gemm", *given, **factors, **({} if how == "in-out" else {"transB": 1}))


def graph(**options: Any) -> Write:
    return lambda path, plain: write_graph(path, plain, **options)


def caffe(write: Callable[[Path, dict[str, np.ndarray]], None]) -> Write:
    """Return a writer of a caffemodel, with conv1 reading blue, green, red as Caffe's networks do."""

    def write_caffe(path: Path, plain: Plain) -> None:
        weights = {name: tensor.numpy() for name, tensor in plain.renamed(OURS).items()}
        if plain.inputs == 3:
            weights["conv1.weight"] = np.ascontiguousarray(weights["conv1.weight"][:, ::-1])
        write(path, weights)

    return write_caffe


PAPER = Plain("paper", (8, 16, 24, 24, 16), groups=2)
CAFFE = replace(PAPER, k=1.0, scale=1e-4)
CIFAR10 = Plain("cifar10")
