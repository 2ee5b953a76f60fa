"""Reader for the fields of Caffe's protobuf messages that hold a trained network's weights.

The field numbers come from caffe.proto. Networks of 2013 store `layers` (V1LayerParameter), later ones
`layer` (LayerParameter). The parser skips all fields that are not named here.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto

# message -> (field, number, type, whether repeated)
_MESSAGES: dict[str, tuple[tuple[str, int, int | str, bool], ...]] = {
    "BlobProto": (
        # A packed list of floats, read as bytes: 61 million Python floats would take seconds and gigabytes.
        ("data", 5, _Field.TYPE_BYTES, False),
        ("double_data", 8, _Field.TYPE_BYTES, False),
        # The shape: in old files as four numbers, in later ones as a list.
        ("num", 1, _Field.TYPE_INT32, False),
        ("channels", 2, _Field.TYPE_INT32, False),
        ("height", 3, _Field.TYPE_INT32, False),
        ("width", 4, _Field.TYPE_INT32, False),
        ("shape", 7, "BlobShape", False),
    ),
    "BlobShape": (("dim", 1, _Field.TYPE_INT64, True),),
    "LayerParameter": (("name", 1, _Field.TYPE_STRING, False), ("blobs", 7, "BlobProto", True)),
    "V1LayerParameter": (("name", 4, _Field.TYPE_STRING, False), ("blobs", 6, "BlobProto", True)),
    "NetParameter": (
        ("layers", 2, "V1LayerParameter", True),
        ("layer", 100, "LayerParameter", True),
    ),
}


@cache
def _net_parameter():
    file = descriptor_pb2.FileDescriptorProto(name="caffe_weights.proto", package="caffe_weights")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, number, kind, repeated in fields:
            field = message.field.add(name=name, number=number)
            field.label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
            if isinstance(kind, str):
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".caffe_weights.{kind}"
            else:
                field.type = kind  # type: ignore[assignment]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("caffe_weights.NetParameter"))


def read_blobs(data: bytes) -> dict[str, list[np.ndarray]]:
    """Return the weights and biases of each layer: {"conv1": [weights, biases], ...}.

    They have the shapes that the file says, without leading axes of length 1; flat, if it says none.

    Raises:
        google.protobuf.message.DecodeError: the bytes are not a network.
        ValueError: a shape does not fit the number of values.
    """
    net = _net_parameter().FromString(data)
    layers = (layer for layer in (*net.layers, *net.layer) if layer.blobs)
    return {layer.name: [_array(blob) for blob in layer.blobs] for layer in layers}


def _array(blob) -> np.ndarray:
    values = np.frombuffer(blob.data, "<f4") if blob.data else np.frombuffer(blob.double_data, "<f8")
    shape = tuple(blob.shape.dim) or (blob.num, blob.channels, blob.height, blob.width)
    while len(shape) > 1 and shape[0] == 1:  # biases are [1, 1, 1, n] in old files, and fc6 is [1, 1, n, m]
        shape = shape[1:]
    return values.reshape(shape) if any(shape) else values
