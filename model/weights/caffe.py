"""Reader for the fields of Caffe's protobuf messages that hold a trained network's weights.

The field numbers come from caffe.proto. Networks of 2013 store `layers` (V1LayerParameter), later ones
`layer` (LayerParameter). The parser skips all fields that are not named here, such as shapes: the network's
own layers know their shapes.
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
    ),
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
    """Return the weights and biases of each layer as flat float32 arrays: {"conv1": [weights, biases], ...}.

    Raises:
        google.protobuf.message.DecodeError: the bytes are not a network.
    """
    net = _net_parameter().FromString(data)
    return {
        layer.name: [np.frombuffer(blob.data, "<f4") for blob in layer.blobs]
        for layer in (*net.layers, *net.layer)
        if layer.blobs
    }
