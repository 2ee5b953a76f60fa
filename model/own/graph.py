"""Read the weights of an ONNX file, and what its graph says about the layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ..errors import UserError
from ..layer_specs import LRNConstants
from ..weights.onnx_layers import WITH_WEIGHTS, attributes, layers_with_weights
from .stored import Convolution, Graph, Stored, unreadable

if TYPE_CHECKING:
    import onnx

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
    tensors: dict[str, torch.Tensor] = {}
    layers = layers_with_weights(graph)
    for number, layer in enumerate(layers):
        name = f"{number:03d} {layer.node.name or layer.node.output[0]}"
        tensors[f"{name}.weight"] = torch.from_numpy(layer.weight)
        if layer.bias is not None:
            tensors[f"{name}.bias"] = torch.from_numpy(layer.bias.copy())
    convolutions = [_convolution(layer.node) for layer in layers if layer.node.op_type == "Conv"]
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
    given = attributes(node)
    if node.op_type == "AveragePool" and set(given["kernel_shape"]) != {1}:
        raise ValueError("it has average pooling")
    if node.op_type != "MaxPool":
        return {"Conv": "Conv", "Relu": "ReLU", "LRN": "LRN"}.get(node.op_type, "")
    kernel, stride = set(given["kernel_shape"]), set(given.get("strides", [1]))
    if len(kernel) > 1 or len(stride) > 1 or any(given.get("pads", ())):
        raise ValueError("a max pooling has padding, or differs in height and width")
    return f"MaxPool {min(kernel)}/{min(stride)}, {'ceil' if given.get('ceil_mode') else 'floor'}"


def _convolution(node: onnx.NodeProto) -> Convolution:
    given = attributes(node)
    stride, dilation = given.get("strides", [1, 1]), given.get("dilations", [1, 1])
    padding = given.get("pads", [0, 0, 0, 0])
    if given.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ValueError(f"a convolution has auto_pad {given['auto_pad'].decode()}")
    if len({*stride}) > 1 or len({*padding}) > 1 or any(d != 1 for d in dilation):
        raise ValueError("a convolution differs in height and width, or has dilation")
    return Convolution(stride[0], padding[0])


def _lrn(node: onnx.NodeProto) -> LRNConstants:
    """Return the constants of an LRN node. ONNX divides alpha by the number of channels in the sum."""
    given = attributes(node)
    alpha, beta, k = given.get("alpha", 1e-4), given.get("beta", 0.75), given.get("bias", 1.0)
    # The file has float32 numbers: 0.0001 is read as 9.99999974e-05.
    return LRNConstants(given["size"], round(k, 7), round(alpha, 10), round(beta, 7), alpha_over_n=True)
