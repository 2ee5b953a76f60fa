"""Read the weights of an ONNX file, and what its graph says about the layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..errors import UserError
from ..layer_specs import LRNConstants
from .stored import Convolution, Graph, Stored, unreadable

if TYPE_CHECKING:
    import onnx

WITH_WEIGHTS = ("Conv", "Gemm", "MatMul")
# What else a network like AlexNet consists of in ONNX. Any other operation would change its numbers.
WITHOUT = (
    *("Relu", "LRN", "MaxPool", "AveragePool", "Dropout", "Softmax", "LogSoftmax"),
    *("Flatten", "Reshape", "Add", "Constant", "Identity", "Shape", "Gather", "Concat", "Unsqueeze"),
    *("Squeeze", "Cast", "Slice"),
)


def read_onnx(path: Path, name: str) -> Stored:
    """Return the weights of a graph's Conv, Gemm and MatMul nodes as NAME.weight and NAME.bias, in its order.

    Raises:
        UserError: it is no ONNX file, a file beside it with its numbers is missing, or it has a layer that
            AlexNet does not have.
    """
    import onnx  # slow to import, and only this format needs it

    try:
        model = onnx.load(path)
    except FileNotFoundError as error:
        raise _no_numbers(name) from error
    except Exception as error:  # protobuf and the reader of external data raise many kinds on damaged bytes
        if "external" in str(error).lower() or "should be stored in" in str(error):
            raise _no_numbers(name) from error
        raise unreadable(name, "ONNX", error) from error
    graph = model.graph
    if odd := next((n.op_type for n in graph.node if n.op_type not in (*WITH_WEIGHTS, *WITHOUT)), None):
        raise UserError(
            f"{name} has a layer of the kind {odd}, which AlexNet does not have: this tool cannot compute it."
        )
    try:
        return _read_graph(graph)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise unreadable(name, "ONNX", error) from error


def _no_numbers(name: str) -> UserError:
    return UserError(
        f"{name} keeps its numbers in another file, which is not beside it. Put both into one folder, "
        "or save the network as one file: onnx.save(model, 'one.onnx')"
    )


def _read_graph(graph: onnx.GraphProto) -> Stored:
    values = _constants(graph)
    # name of a value -> the nodes that read it
    readers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    tensors: dict[str, torch.Tensor] = {}
    convolutions = []
    nodes = [n for n in graph.node if n.op_type in WITH_WEIGHTS and n.input[1] in values]
    for number, node in enumerate(nodes):
        name = f"{number:03d} {node.name or node.output[0]}"
        weight, bias = _weight_and_bias(node, values, readers)
        tensors[f"{name}.weight"] = torch.from_numpy(weight)
        if bias is not None:
            tensors[f"{name}.bias"] = torch.from_numpy(bias)
        if node.op_type == "Conv":
            convolutions.append(_convolution(node))
    norms = [_lrn(node) for node in graph.node if node.op_type == "LRN"]
    if len(set(norms)) > 1:
        raise ValueError("its LRN layers have different constants")
    steps = tuple(step for node in graph.node if (step := _step(node)))
    return Stored("ONNX", tensors, graph=Graph(tuple(convolutions), steps, norms[0] if norms else None))


def _step(node: onnx.NodeProto) -> str:
    """Return what a node computes, for `Graph.steps`; "" if it changes no number of the feature maps.

    Raises:
        ValueError: it is a pooling that AlexNet does not have.
    """
    given = _attributes(node)
    if node.op_type == "AveragePool" and set(given["kernel_shape"]) != {1}:
        raise ValueError("it has average pooling")
    if node.op_type != "MaxPool":
        return {"Conv": "Conv", "Relu": "ReLU", "LRN": "LRN"}.get(node.op_type, "")
    kernel, stride = set(given["kernel_shape"]), set(given.get("strides", [1]))
    if len(kernel) > 1 or len(stride) > 1 or any(given.get("pads", ())):
        raise ValueError("a max pooling has padding, or differs in height and width")
    return f"MaxPool {min(kernel)}/{min(stride)}, {'ceil' if given.get('ceil_mode') else 'floor'}"


def _constants(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """Return all fixed values of a graph by name: its initializers, and the outputs of Constant nodes."""
    from onnx import numpy_helper

    values = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and "value" in _attributes(node):
            values[node.output[0]] = _attributes(node)["value"]
    found = {name: np.array(numpy_helper.to_array(value)) for name, value in values.items()}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]]
    return found


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    from onnx import helper

    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _weight_and_bias(
    node: onnx.NodeProto, values: Mapping[str, np.ndarray], readers: Mapping[str, list[Any]]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a layer's weights as [out, in, ...], and its biases; None if it has none."""
    given, weight = _attributes(node), values[node.input[1]]
    bias = values[node.input[2]] if len(node.input) > 2 and node.input[2] else None
    if node.op_type == "Gemm":
        if given.get("transA"):
            raise ValueError("a Gemm node has transA")
        # alpha * (x @ weight) + beta * bias
        weight = weight * np.asarray(given.get("alpha", 1.0), weight.dtype)
        if not given.get("transB"):
            weight = weight.T
        if bias is not None:
            bias = bias * np.asarray(given.get("beta", 1.0), bias.dtype)
    elif node.op_type == "MatMul":
        weight = weight.T
    if bias is None:
        bias = _added(node.output[0], len(weight), values, readers)
    elif bias.size == 1:
        bias = np.full(len(weight), bias.reshape(-1)[0], bias.dtype)
    return np.ascontiguousarray(weight), None if bias is None else bias.reshape(len(weight)).copy()


def _added(
    output: str, count: int, values: Mapping[str, np.ndarray], readers: Mapping[str, list[Any]]
) -> np.ndarray | None:
    """Return the biases that an Add node adds to an output, or None."""
    following = readers.get(output, [])
    if len(following) != 1 or following[0].op_type != "Add":
        return None
    constant = next((values[name] for name in following[0].input if name in values), None)
    if constant is None or constant.size not in (1, count):
        raise ValueError("an Add node adds something else than biases")
    return np.broadcast_to(constant.reshape(-1), (count,)).copy()


def _convolution(node: onnx.NodeProto) -> Convolution:
    given = _attributes(node)
    stride, dilation = given.get("strides", [1, 1]), given.get("dilations", [1, 1])
    padding = given.get("pads", [0, 0, 0, 0])
    if given.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ValueError(f"a convolution has auto_pad {given['auto_pad'].decode()}")
    if len({*stride}) > 1 or len({*padding}) > 1 or any(d != 1 for d in dilation):
        raise ValueError("a convolution differs in height and width, or has dilation")
    return Convolution(stride[0], padding[0])


def _lrn(node: onnx.NodeProto) -> LRNConstants:
    """Return the constants of an LRN node. ONNX divides alpha by the number of channels in the sum."""
    given = _attributes(node)
    alpha, beta, k = given.get("alpha", 1e-4), given.get("beta", 0.75), given.get("bias", 1.0)
    # The file has float32 numbers: 0.0001 is read as 9.99999974e-05.
    return LRNConstants(given["size"], round(k, 7), round(alpha, 10), round(beta, 7), alpha_over_n=True)
