"""Write files of weights in the formats in which AlexNet was published, with known values.

The Caffe format is written byte by byte, independently of the reader, so that it tests the reader.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from model.architectures import Architecture
from model.layers import describe

Weights = dict[str, np.ndarray]
"""conv1.weight, conv1.bias, ... in the network's own shapes"""

BGR_CONV1 = "conv1.weight"


def known_weights(architecture: Architecture, seed: int = 0) -> Weights:
    """Return random values that are all different, so that a value in the wrong place is noticed."""
    random = np.random.default_rng(seed)
    weights: Weights = {}
    for info in describe(architecture):
        if info.weight_shape:
            scale = np.float32(np.prod(info.weight_shape[1:])) ** -0.5
            values = random.standard_normal(info.weight_shape, np.float32)
            weights[f"{info.name}.weight"] = values * scale
            weights[f"{info.name}.bias"] = random.standard_normal(info.weight_shape[0], np.float32)
    return weights


def layer_names(weights: Weights) -> list[str]:
    return [name.removesuffix(".weight") for name in weights if name.endswith(".weight")]


def write_onnx(path: Path, weights: Weights, transposed: bool = True) -> None:
    """Write a file like bvlcalexnet-12.onnx: Conv, Relu, LRN, MaxPool and Gemm nodes, odd names of tensors.

    Args:
        transposed: store Gemm's weights as [out, in] with transB=1, as in the published file.
    """
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []
    last = "data_0"

    def add(kind: str, extra: tuple[str, ...] = (), **attributes) -> None:
        nonlocal last
        output = f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, [last, *extra], [output], **attributes))
        last = output

    for number, layer in enumerate(layer_names(weights)):
        weight, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
        names = (f"tensor_{97 - number}_w_0", f"tensor_{97 - number}_b_0")
        is_conv = weight.ndim == 4
        stored = weight if is_conv or transposed else np.ascontiguousarray(weight.T)
        tensors.append(numpy_helper.from_array(stored, names[0]))
        # ONNX may also store numbers as a list of floats.
        tensors.append(helper.make_tensor(names[1], TensorProto.FLOAT, bias.shape, bias))
        if is_conv:
            group = 2 if layer in ("conv2", "conv4", "conv5") else 1
            add("Conv", names, group=group, kernel_shape=weight.shape[2:])
        elif transposed:
            add("Gemm", names, transB=1)
        else:
            add("Gemm", names)
        if layer != "fc8":
            add("Relu")
        if layer in ("conv1", "conv2"):
            add("LRN", size=5, alpha=1e-4, beta=0.75, bias=1.0)
        if layer in ("conv1", "conv2", "conv5"):
            add("MaxPool", kernel_shape=[3, 3], strides=[2, 2])
    data = helper.make_tensor_value_info("data_0", TensorProto.FLOAT, [1, 3, 224, 224])
    scores = helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 1000])
    # The order of the tensors in the file must not matter.
    graph = helper.make_graph(nodes, "bvlc_alexnet", [data], [scores], tensors[::-1])
    onnx.save(helper.make_model(graph), path)


def varint(number: int) -> bytes:
    """Return an integer as Protobuf stores it: seven bits in each byte, the lowest first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def integer(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, payload: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def floats(values: np.ndarray) -> bytes:
    return struct.pack(f"<{values.size}f", *values.ravel().tolist())


def write_old_caffemodel(path: Path, weights: Weights) -> None:
    """Write Caffe's format of 2013, like bvlc_alexnet.caffemodel: `layers` 2, with `name` 4 and `blobs` 6."""

    def blob(values: np.ndarray) -> bytes:
        sizes = (1,) * (4 - values.ndim) + values.shape
        header = b"".join(integer(field, size) for field, size in enumerate(sizes, start=1))
        return header + message(5, floats(values))

    out = message(1, b"AlexNet") + message(2, message(3, b"data") + message(4, b"data") + integer(5, 5))
    for layer in layer_names(weights):
        blobs = (weights[f"{layer}.weight"], weights[f"{layer}.bias"])
        content = message(2, b"below") + message(3, b"above") + message(4, layer.encode()) + integer(5, 4)
        out += message(2, content + b"".join(message(6, blob(values)) for values in blobs))
        out += message(2, message(4, b"relu") + integer(5, 18))
    path.write_bytes(out)


def write_new_caffemodel(path: Path, weights: Weights) -> None:
    """Write Caffe's later format: `layer` 100, with `name` 1, `blobs` 7, and a `shape` 7 in each blob."""

    def blob(values: np.ndarray) -> bytes:
        dims = message(1, b"".join(varint(size) for size in values.shape))
        return message(5, floats(values)) + message(7, dims)

    out = message(1, b"AlexNet") + message(100, message(1, b"data") + message(2, b"Data"))
    for layer in layer_names(weights):
        blobs = (weights[f"{layer}.weight"], weights[f"{layer}.bias"])
        content = message(1, layer.encode()) + message(2, b"Convolution") + message(3, b"below")
        out += message(100, content + b"".join(message(7, blob(values)) for values in blobs))
    path.write_bytes(out)


def write_torchvision(path: Path, weights: Weights) -> None:
    """Write torchvision's state dict: features.N for convolutions, classifier.N for the rest."""
    places = [f"features.{n}" for n in (0, 3, 6, 8, 10)] + [f"classifier.{n}" for n in (1, 4, 6)]
    state = {}
    for place, layer in zip(places, layer_names(weights), strict=True):
        for kind in ("weight", "bias"):
            state[f"{place}.{kind}"] = torch.from_numpy(weights[f"{layer}.{kind}"])
    torch.save(state, path)
