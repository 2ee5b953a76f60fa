"""Files of weights from other programs give the logits of a plain PyTorch network, or a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from model.errors import UserError
from model.own.opening import Asked, open_weights

from .own_files import (
    CAFFE,
    CIFAR10,
    OURS,
    PAPER,
    Plain,
    Write,
    caffe,
    graph,
    in_checkpoint,
    in_type,
    prefixed,
    saved,
    write_fully_convolutional,
    write_numbered,
    write_other_names,
    write_ours,
    write_safetensors,
)
from .published_layouts import write_new_caffemodel, write_old_caffemodel

VISION = Plain()
TORCHVISION, SINGLE = Asked("alexnet-torchvision"), Asked("alexnet-single-tower")

# name of the case -> name of the file, the network, how it is written, what the user says
FILES: dict[str, tuple[str, Plain, Write, Asked | None]] = {
    "state dict, .pth": ("a.pth", VISION, saved(), None),
    "state dict, .pt": ("a.pt", VISION, saved(), None),
    "state dict, .bin": ("a.bin", VISION, saved(), None),
    "old PyTorch format": ("a.pth", VISION, saved(_use_new_zipfile_serialization=False), None),
    "checkpoint, .ckpt": ("a.ckpt", VISION, in_checkpoint("state_dict", epoch=3, best=0.7), None),
    "checkpoint, .pth.tar": ("a.pth.tar", VISION, in_checkpoint("state_dict", arch="alexnet"), None),
    "under model_state_dict": ("a.pth", VISION, in_checkpoint("model_state_dict", optimizer={}), None),
    "under model": ("a.pth", VISION, in_checkpoint("model"), None),
    "under net": ("a.pth", VISION, in_checkpoint("net", acc=91.2, epoch=7), None),
    "under model and state_dict": ("a.pth", VISION, in_checkpoint("model", "state_dict"), None),
    "wrong ending": ("weights.dat", VISION, saved(), None),
    "safetensors": ("a.safetensors", VISION, write_safetensors, None),
    "DataParallel": ("a.pth", VISION, saved(lambda s: prefixed(s, "module.")), None),
    "Lightning": ("a.ckpt", VISION, saved(lambda s: prefixed(s, "model.")), None),
    "compiled": ("a.pth", VISION, saved(lambda s: prefixed(s, "_orig_mod.")), None),
    "two prefixes": ("a.pth", VISION, saved(lambda s: prefixed(s, "module.model.")), None),
    "parallel features": (
        "a.pth",
        VISION,
        saved(lambda s: {name.replace("features.", "features.module."): t for name, t in s.items()}),
        None,
    ),
    "float16": ("a.pth", VISION, saved(in_type(torch.float16)), None),
    "bfloat16": ("a.pth", VISION, saved(in_type(torch.bfloat16)), None),
    "float64": ("a.pth", VISION, saved(in_type(torch.float64)), None),
    "two classes": ("a.pth", replace(VISION, classes=2), saved(), None),
    "37 classes": ("a.pth", replace(VISION, classes=37), saved(), None),
    "1,000 classes": ("a.pth", replace(VISION, classes=1000), saved(), None),
    "96 filters": ("a.pth", replace(VISION, channels=(96, 12, 24, 16, 16)), saved(), None),
    "64 filters": ("a.pth", replace(VISION, channels=(64, 12, 24, 16, 16)), saved(), None),
    "torchvision with groups": ("a.pth", replace(VISION, groups=2), saved(), None),
    "grey photos": ("a.pth", replace(VISION, inputs=1), saved(), None),
    "no biases in convolutions": ("a.pth", replace(VISION, conv_bias=False), saved(), None),
    "no biases": ("a.pth", replace(VISION, conv_bias=False, fc_bias=False), saved(), None),
    "this project's names": ("a.safetensors", PAPER, write_ours, None),
    "one tower": ("a.safetensors", replace(PAPER, groups=1), write_ours, SINGLE),
    "names with LRN between": ("a.pth", PAPER, saved(), None),
    "names with LRN, sorted": ("a.safetensors", PAPER, write_safetensors, None),
    "torchvision's layers, our names": ("a.safetensors", VISION, write_ours, TORCHVISION),
    "names of no program": ("a.pth", VISION, write_other_names, TORCHVISION),
    "numbers as names": ("a.safetensors", VISION, write_numbered, TORCHVISION),
    "fc6 to fc8 as convolutions": ("a.pth", VISION, write_fully_convolutional, TORCHVISION),
    "CIFAR-10's layers": ("a.pth", CIFAR10, saved(), None),
    "CIFAR-10's layers, safetensors": ("a.safetensors", replace(CIFAR10, classes=4), write_ours, None),
    "ONNX": ("a.onnx", VISION, graph(), None),
    "ONNX, Gemm as [in, out]": ("a.onnx", VISION, graph(connected="in-out"), None),
    "ONNX, alpha and beta": ("a.onnx", VISION, graph(connected="scaled"), None),
    "ONNX, MatMul and Add": ("a.onnx", VISION, graph(connected="matmul"), None),
    "ONNX, Constant nodes": ("a.onnx", VISION, graph(constants=True), None),
    "ONNX, external data": ("a.onnx", VISION, graph(external=True), None),
    "ONNX, no biases": ("a.onnx", replace(VISION, conv_bias=False, fc_bias=False), graph(), None),
    "ONNX, MatMul without Add": ("a.onnx", replace(VISION, fc_bias=False), graph(connected="matmul"), None),
    "ONNX, LRN and groups": ("a.onnx", PAPER, graph(), None),
    "ONNX, other LRN": ("a.onnx", replace(PAPER, k=1.5, scale=2e-3), graph(), None),
    "ONNX, CIFAR-10's layers": ("a.onnx", CIFAR10, graph(), None),
    "ONNX, grey photos": ("a.onnx", replace(VISION, inputs=1), graph(), None),
    "caffemodel of 2013": ("a.caffemodel", CAFFE, caffe(write_old_caffemodel), None),
    "caffemodel": ("a.caffemodel", CAFFE, caffe(write_new_caffemodel), None),
    "caffemodel, 20 classes": (
        "a.caffemodel",
        replace(CAFFE, classes=20),
        caffe(write_new_caffemodel),
        None,
    ),
}


@pytest.mark.parametrize(("file_name", "plain", "write", "asked"), FILES.values(), ids=FILES)
def test_logits_are_those_of_plain_pytorch(file_name, plain, write, asked, tmp_path):
    path = tmp_path / file_name
    write(path, plain)
    before = path.read_bytes()
    opened = open_weights(path, asked)
    x = torch.randn(2, plain.inputs, plain.side, plain.side, generator=torch.Generator().manual_seed(1))
    expected = plain.logits(x)
    if "float16" in str(next(iter(opened.mapping.parts.values())).weight.dtype):
        expected = _rounded(plain, opened.mapping.parts["conv1"].weight.dtype, x)
    found = opened.network().logits(x)
    assert expected.std() > 0.05  # so that the tolerance is far below what any wrong weight would change
    # Sums of thousands of float32 numbers, in another order.
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert path.read_bytes() == before


def _rounded(plain: Plain, dtype: torch.dtype, x: torch.Tensor) -> torch.Tensor:
    """Return the logits with weights that were rounded to a type of 16 bits."""
    network = plain.network()
    for parameter in network.parameters():
        parameter.data = parameter.data.to(dtype).float()
    with torch.no_grad():
        return network(x)


def test_weights_in_half_the_bits_are_read_as_they_are(tmp_path):
    saved(in_type(torch.bfloat16))(tmp_path / "a.pth", VISION)
    state = open_weights(tmp_path / "a.pth").state
    expected = VISION.state()["features.0.weight"].to(torch.bfloat16).float()
    assert torch.equal(state["conv1.weight"], expected)


def test_every_tensor_is_told_with_its_layer_and_shape(tmp_path):
    saved(lambda s: prefixed(s, "module."))(tmp_path / "a.pth", VISION)
    rows = open_weights(tmp_path / "a.pth").mapping.rows
    assert rows[0] == ("conv1.weight", "module.features.0.weight", "8 x 3 x 11 x 11")
    assert rows[-1] == ("fc8.bias", "module.classifier.6.bias", "10")
    assert len(rows) == 16


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ((64, 192, 384, 256, 256), "alexnet-torchvision"),
        ((96, 256, 384, 384, 256), "alexnet-2012"),
    ],
)
def test_known_widths_choose_the_architecture(names, chosen, tmp_path):
    groups = 2 if chosen == "alexnet-2012" else 1
    plain = replace(PAPER, channels=names, groups=groups)
    save = {name: torch.zeros(tensor.shape) for name, tensor in plain.renamed(OURS).items()}
    torch.save(save, tmp_path / "a.pth")
    assert open_weights(tmp_path / "a.pth").settings.template == chosen


class _Wide(nn.Sequential):
    pass


def _with(name: str, tensor: torch.Tensor) -> Write:
    return saved(lambda state: state | {name: tensor})


def _without(name: str) -> Write:
    return saved(lambda state: {key: tensor for key, tensor in state.items() if not key.startswith(name)})


def _script(path: Path, plain: Plain) -> None:
    features, _ = plain.layers()
    torch.jit.trace(nn.Sequential(*features), torch.zeros(1, 3, 224, 224)).save(str(path))


def _cut(path: Path, plain: Plain) -> None:
    saved()(path, plain)
    path.write_bytes(path.read_bytes()[:20_000])


def _onnx_without_its_numbers(path: Path, plain: Plain) -> None:
    graph(external=True)(path, plain)
    for other in path.parent.iterdir():
        if other != path:
            other.unlink()


def _onnx_with_sigmoid(path: Path, plain: Plain) -> None:
    import onnx

    graph()(path, plain)
    model = onnx.load(path)
    next(node for node in model.graph.node if node.op_type == "Relu").op_type = "Sigmoid"
    onnx.save(model, path)


def _onnx_with(**changed: Any) -> Write:
    """Return a writer of an ONNX file whose first max pooling has other attributes."""

    def write(path: Path, plain: Plain) -> None:
        import onnx

        graph()(path, plain)
        model = onnx.load(path)
        pool = next(node for node in model.graph.node if node.op_type == "MaxPool")
        for name, value in changed.items():
            kept = [one for one in pool.attribute if one.name != name]
            del pool.attribute[:]
            pool.attribute.extend([*kept, onnx.helper.make_attribute(name, value)])
        onnx.save(model, path)

    return write


# name of the case -> name of the file, how it is written, what the user says, part of the sentence
REFUSED: dict[str, tuple[str, Write, Asked | None, str]] = {
    "empty": ("a.pth", lambda path, _: path.write_bytes(b""), None, "is empty"),
    "a photo": ("a.jpg", lambda path, _: path.write_bytes(b"\xff\xd8\xff" * 99), None, "no format"),
    "text as .pth": ("a.pth", lambda path, _: path.write_text("hello " * 99), None, "cannot be read"),
    "cut off": ("a.pth", _cut, None, "cannot be read"),
    "text as .onnx": ("a.onnx", lambda path, _: path.write_text("hello " * 99), None, "cannot be read"),
    "text as .caffemodel": ("a.caffemodel", lambda p, _: p.write_text("hello " * 99), None, "cannot be read"),
    "a whole network": ("a.pth", lambda p, _: torch.save(_Wide(nn.ReLU()), p), None, "state_dict()"),
    "TorchScript": ("a.pt", _script, None, "torch.jit.load"),
    "no tensors": ("a.pth", lambda p, _: torch.save({"epoch": 3}, p), None, "holds no state dict"),
    "batch norm": ("a.pth", _with("features.1.running_mean", torch.ones(8)), None, "running_mean (8)"),
    "one more layer": ("a.pth", _with("head.weight", torch.ones(3, 10)), None, "4 fully connected"),
    "a layer less": ("a.pth", _without("classifier.4"), None, "2 fully connected"),
    "two networks": (
        "a.pth",
        saved(lambda s: prefixed(s, "model.") | prefixed(s, "module.")),
        None,
        "10 convolutions",
    ),
    "whole numbers": ("a.pth", _with("features.1.zero_point", torch.ones(8).int()), None, "zero_point"),
    "not a number": ("a.pth", saved(lambda s: s | {"features.0.bias": torch.ones(8) / 0}), None, "infinite"),
    "layers that do not fit": (
        "a.pth",
        _with("classifier.4.weight", torch.ones(24, 31)),
        None,
        "do not fit one another",
    ),
    "five channels": ("a.pth", _with("features.0.weight", torch.ones(8, 5, 11, 11)), None, "reads 5 chann"),
    "other kernels": ("a.pth", _with("features.0.weight", torch.ones(8, 3, 7, 7)), None, "11 x 11, not 7"),
    "other architecture": ("a.pth", saved(), Asked("alexnet-cifar10"), "fits not alexnet-cifar10"),
    "no such architecture": ("a.pth", saved(), Asked("resnet"), "There is no architecture"),
    "too many labels": ("a.pth", saved(), Asked(labels=("a",) * 11), "11 names"),
    "no such normalization": ("a.pth", saved(), Asked(normalization="1,2/3"), "normalization '1,2/3'"),
    "no such channel order": ("a.pth", saved(), Asked(channel_order="GBR"), "RGB or BGR"),
    "ONNX with other pooling": ("a.onnx", _onnx_with(kernel_shape=[2, 2]), None, "MaxPool 2/2, floor here"),
    "ONNX with pooling rounded up": ("a.onnx", _onnx_with(ceil_mode=1), None, "MaxPool 3/2, ceil here"),
    "ONNX without its numbers": ("a.onnx", _onnx_without_its_numbers, None, "in another file"),
    "ONNX with a sigmoid": ("a.onnx", _onnx_with_sigmoid, None, "kind Sigmoid"),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
@pytest.mark.parametrize(("file_name", "write", "asked", "part"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_ends_in_a_sentence(file_name, write, asked, part, tmp_path):
    path = tmp_path / file_name
    write(path, VISION)
    before = path.read_bytes()
    with pytest.raises(UserError) as caught:
        open_weights(path, asked)
    message = str(caught.value)
    assert part in message
    assert message[-1] in ".'\")", message
    assert "delete" not in message
    assert "damaged" not in message
    assert path.read_bytes() == before
