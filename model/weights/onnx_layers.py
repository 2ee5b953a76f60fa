"""The layers of an ONNX graph that have weights, whatever its tensors are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

WITH_WEIGHTS = ("Conv", "Gemm", "MatMul")


@dataclass(frozen=True)
class OnnxLayer:
    """A Conv, Gemm or MatMul node with its numbers.

    Attributes:
        weight: [out, in, ...], whichever way the file stores it.
        bias: [out], from the node itself or from an Add node after it; None if there is none.
    """

    node: onnx.NodeProto
    weight: np.ndarray
    bias: np.ndarray | None


def layers_with_weights(graph: onnx.GraphProto) -> list[OnnxLayer]:
    """Return the layers of a graph whose weights are fixed numbers, in the order of its nodes.

    Raises:
        ValueError: a layer computes something else than weights times input, plus biases.
    """
    values = _constants(graph)
    readers: dict[str, list[onnx.NodeProto]] = {}  # name of a value -> the nodes that read it
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    nodes = [node for node in graph.node if node.op_type in WITH_WEIGHTS and node.input[1:2]]
    return [_layer(node, values, readers) for node in nodes if node.input[1] in values]


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """Return the attributes of a node that the file states, by name."""
    from onnx import helper

    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _constants(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """Return all fixed values of a graph by name: its initializers, and the outputs of Constant nodes."""
    values = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and "value" in attributes(node):
            values[node.output[0]] = attributes(node)["value"]
        elif node.op_type == "Identity" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    return values


def _layer(
    node: onnx.NodeProto,
    values: Mapping[str, onnx.TensorProto],
    readers: Mapping[str, list[onnx.NodeProto]],
) -> OnnxLayer:
    given, weight = attributes(node), _array(values[node.input[1]])
    bias = _array(values[node.input[2]]) if len(node.input) > 2 and node.input[2] else None
    if node.op_type == "Gemm":
        if given.get("transA"):
            raise ValueError("a Gemm node has transA")
        # alpha * (x @ weight) + beta * bias
        weight = _times(weight if given.get("transB") else weight.T, given.get("alpha", 1.0))
        bias = None if bias is None else _times(bias, given.get("beta", 1.0))
    elif node.op_type == "MatMul":
        weight = weight.T
    if bias is None:
        bias = _added(node.output[0], len(weight), values, readers)
    elif bias.size == 1:
        bias = np.full(len(weight), bias.reshape(-1)[0], bias.dtype)
    return OnnxLayer(node, np.array(weight, order="C"), None if bias is None else bias.reshape(len(weight)))


def _array(tensor: onnx.TensorProto) -> np.ndarray:
    from onnx import numpy_helper

    return numpy_helper.to_array(tensor)


def _times(values: np.ndarray, factor: float) -> np.ndarray:
    """Return the product, and the same array for a factor of 1: fc6 alone has 150 MB."""
    return values if factor == 1 else values * np.asarray(factor, values.dtype)


def _added(
    output: str,
    count: int,
    values: Mapping[str, onnx.TensorProto],
    readers: Mapping[str, list[onnx.NodeProto]],
) -> np.ndarray | None:
    """Return the biases that an Add node adds to an output, or None."""
    following = readers.get(output, [])
    if len(following) != 1 or following[0].op_type != "Add":
        return None
    constant = next((_array(values[name]) for name in following[0].input if name in values), None)
    if constant is None or constant.size not in (1, count):
        raise ValueError("an Add node adds something else than biases")
    return np.broadcast_to(constant.reshape(-1), (count,))
