"""Weights in the published formats, written here with known values, are loaded correctly."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torchvision.models import AlexNet_Weights

from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES
from model.errors import UserError
from model.layer_specs import PAPER_LRN
from model.weights import files
from model.weights.files import download
from model.weights.formats import read_weights
from model.weights.load import load
from model.weights.sources import WEIGHTS, WeightsFile

from .published_layouts import (
    BGR_CONV1,
    Weights,
    known_weights,
    write_new_caffemodel,
    write_old_caffemodel,
    write_onnx,
    write_torchvision,
)
from .small import random_input, shrunk
from .weights_server import WeightsServer

Write = Callable[[Path, Weights], None]


def write_onnx_in_out(path: Path, weights: Weights) -> None:
    write_onnx(path, weights, transposed=False)


CAFFE_LAYOUTS: dict[str, tuple[str, Write]] = {
    "onnx": ("bvlc.onnx", write_onnx),
    "onnx, Gemm as [in, out]": ("bvlc.onnx", write_onnx_in_out),
    "caffemodel of 2013": ("bvlc.caffemodel", write_old_caffemodel),
    "caffemodel": ("bvlc.caffemodel", write_new_caffemodel),
}
every_caffe_layout = pytest.mark.parametrize(
    ("file_name", "write"), CAFFE_LAYOUTS.values(), ids=CAFFE_LAYOUTS
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setenv("ALEXNET_CACHE", str(cache))
    return cache


@pytest.fixture
def small(monkeypatch) -> None:
    """Make all architectures small, with 1/16 of the channels, so that files have 1/100 of their size."""
    for name, architecture in list(ARCHITECTURES.items()):
        monkeypatch.setitem(ARCHITECTURES, name, shrunk(architecture))


def publish(monkeypatch, name: str, path: Path, url: str = "http://example.invalid") -> None:
    """Make this file, with its size and checksum, the file of the weights `name`."""
    content = path.read_bytes()
    checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
    file = WeightsFile(path.name, checksum, len(content), f"{url}/{path.name}")
    monkeypatch.setitem(WEIGHTS, name, replace(WEIGHTS[name], files=(file,)))


def assert_holds(network: AlexNet, weights: Weights, bgr: bool) -> None:
    """Check that every value is in its place; conv1's input channels are reversed if they were B, G, R."""
    state = network.state_dict()
    assert set(state) == set(weights)
    for name, values in weights.items():
        expected = values[:, ::-1] if bgr and name == BGR_CONV1 else values
        assert np.array_equal(state[name].numpy(), expected), name


@every_caffe_layout
def test_every_caffe_weight_is_in_its_place_and_bgr_becomes_rgb(file_name, write, small, cache, monkeypatch):
    weights = known_weights(ARCHITECTURES["alexnet-2012"])
    write(cache / file_name, weights)
    publish(monkeypatch, "bvlc", cache / file_name)
    for architecture in ("alexnet-2012", "alexnet-224-pad2"):
        assert_holds(load(architecture, "bvlc", device="cpu"), weights, bgr=True)


def test_a_bgr_network_on_a_bgr_photo_equals_the_loaded_network_on_rgb(small, cache, monkeypatch):
    weights = known_weights(ARCHITECTURES["alexnet-2012"])
    write_onnx(cache / "bvlc.onnx", weights)
    publish(monkeypatch, "bvlc", cache / "bvlc.onnx")
    rgb_network = load("alexnet-2012", "bvlc", device="cpu")
    source = WEIGHTS["bvlc"]
    assert (
        rgb_network.get_submodule("norm1").constants
        == source.lrn
        == replace(PAPER_LRN, k=1.0, alpha_over_n=True)
    ), "Caffe trained with k = 1, and divides alpha by n"
    assert source.normalization.mean == (123.0, 117.0, 104.0), "Caffe subtracts B, G, R 104, 117, 123"
    as_stored = AlexNet(ARCHITECTURES["alexnet-2012"], source.lrn).freeze()
    as_stored.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})
    rgb = random_input(rgb_network)
    # Sums over three colours are in another order, so float32 rounds differently in eight layers.
    torch.testing.assert_close(rgb_network.logits(rgb), as_stored.logits(rgb.flip(1)), rtol=1e-4, atol=1e-4)


@every_caffe_layout
def test_two_tower_weights_in_the_single_tower_network_give_the_same_scores(
    file_name, write, small, cache, monkeypatch
):
    write(cache / file_name, known_weights(ARCHITECTURES["alexnet-2012"]))
    publish(monkeypatch, "bvlc", cache / file_name)
    towers = load("alexnet-2012", "bvlc", device="cpu")
    single = load("alexnet-single-tower", "bvlc", device="cpu")
    assert (towers.architecture.towers, single.architecture.towers) == (2, 1)
    x = random_input(towers)
    # Zeros change no sum; only the order of the other terms may differ.
    torch.testing.assert_close(single.logits(x), towers.logits(x), rtol=1e-4, atol=1e-4)


def test_every_weight_of_torchvision_s_state_dict_is_in_its_place(small, cache, monkeypatch):
    weights = known_weights(ARCHITECTURES["alexnet-torchvision"])
    write_torchvision(cache / "torchvision.pth", weights)
    publish(monkeypatch, "torchvision", cache / "torchvision.pth")
    network = load("alexnet-torchvision", "torchvision", device="cpu")
    assert_holds(network, weights, bgr=False)


def test_the_torchvision_source_is_torchvisions_own():
    published = AlexNet_Weights.IMAGENET1K_V1
    source = WEIGHTS["torchvision"]
    assert [file.url for file in source.files] == [published.url]
    accuracy = published.meta["_metrics"]["ImageNet-1K"]
    assert (source.top1, source.top5) == (accuracy["acc@1"], accuracy["acc@5"])
    theirs = published.transforms()  # for values of 0..1, ours for 0..255
    assert np.allclose(source.normalization.mean, np.multiply(theirs.mean, 255))
    assert np.allclose(source.normalization.std, np.multiply(theirs.std, 255))


def test_a_file_of_the_published_size_can_be_downloaded_and_loaded(tmp_path, monkeypatch):
    """The file has 60,965,224 values and is downloaded once."""
    weights = known_weights(ARCHITECTURES["alexnet-2012"])
    path = tmp_path / "bvlcalexnet-12.onnx"
    write_onnx(path, weights)
    # The published file has 243,863,787 bytes: the values and a few hundred bytes of structure.
    assert path.stat().st_size == pytest.approx(243_863_787, abs=10_000)
    with WeightsServer(path.read_bytes()) as server:
        publish(monkeypatch, "bvlc", path, server.url)
        download(WEIGHTS["bvlc"])
    network = load("alexnet-2012", "bvlc", device="cpu")
    assert sum(parameter.numel() for parameter in network.parameters()) == 60_965_224
    assert_holds(network, weights, bgr=True)


def test_weights_for_another_architecture_raise_a_user_error(small, cache, monkeypatch):
    with pytest.raises(UserError, match=r"'bvlc' do not fit alexnet-torchvision.*torchvision, random"):
        load("alexnet-torchvision", "bvlc")
    write_onnx(cache / "bvlc.onnx", known_weights(ARCHITECTURES["alexnet-torchvision"]))
    publish(monkeypatch, "bvlc", cache / "bvlc.onnx")
    with pytest.raises(UserError, match=r"bvlc\.onnx does not hold the weights of alexnet-2012"):
        load("alexnet-2012", "bvlc", device="cpu")


def test_for_unknown_names_all_names_are_listed():
    with pytest.raises(UserError, match=r"no architecture 'vgg'.*alexnet-2012"):
        load("vgg")
    with pytest.raises(UserError, match=r"'mine'.*embedded, cifar10, bvlc, torchvision, random"):
        load(weights="mine")


def test_without_a_download_each_architecture_has_weights_that_fit():
    for name in ARCHITECTURES:
        network = load(name, device="cpu")
        assert network.architecture is ARCHITECTURES[name]
        is_random = network.get_parameter("conv1.weight").std().item() == pytest.approx(0.01, rel=0.05)
        built_in = [WEIGHTS[weights] for weights in ("embedded", "cifar10")]
        assert is_random == (not any(source.fits(name) for source in built_in))


def deflated(codes: np.ndarray) -> np.ndarray:
    return np.frombuffer(zlib.compress(codes.tobytes()), np.uint8)


@pytest.mark.parametrize("shape", [(8, 36), (4, 8), (0, 32), (1 << 20, 1 << 20), (-4, -8)])
def test_a_stream_longer_or_shorter_than_its_tensor_is_refused(tmp_path, shape):
    path = tmp_path / "odd.safetensors"
    parts = {
        "deflated": deflated(np.zeros((8, 32), np.int8)),
        "shape": np.array(shape, np.int32),
        "rows": np.ones(8, np.float32),
    }
    save_file({f"fc6.weight.{part}": values for part, values in parts.items()}, path)
    with pytest.raises(UserError, match=r"odd\.safetensors is damaged"):
        read_weights(path)


def test_compact_encodings_are_decoded_to_the_numbers_that_were_encoded(tmp_path):
    """The reference is NumPy, which rounds every product of the same two factors alike."""
    random = np.random.default_rng(0)
    plain = random.standard_normal(7).astype(np.float32)
    codes = random.integers(-127, 128, (8, 4, 3, 3), dtype=np.int8)
    rows, columns = (random.uniform(0.001, 0.1, n).astype(np.float32) for n in (8, 36))
    stored = {"conv1.bias": plain}
    for name, multipliers in (("conv2.weight", {}), ("conv3.weight", {"columns": columns})):
        parts = {"deflated": deflated(codes), "shape": np.array(codes.shape, np.int32), "rows": rows}
        stored.update({f"{name}.{part}": values for part, values in {**parts, **multipliers}.items()})
    path = tmp_path / "compact.safetensors"
    save_file(stored, path)
    state = {name: tensor.numpy() for name, tensor in read_weights(path).items()}
    assert set(state) == {"conv1.bias", "conv2.weight", "conv3.weight"}
    by_rows = codes.reshape(8, 36) * rows[:, None]
    assert np.array_equal(state["conv2.weight"], by_rows.reshape(codes.shape))
    assert np.array_equal(state["conv3.weight"], (by_rows * columns).reshape(codes.shape))
    assert np.array_equal(state["conv1.bias"], plain)
    assert all(values.dtype == np.float32 for values in state.values())


def test_loading_a_damaged_file_names_it(cache, monkeypatch):
    (cache / "bvlc.onnx").write_bytes(b"not a network")
    publish(monkeypatch, "bvlc", cache / "bvlc.onnx")
    with pytest.raises(UserError, match=r"bvlc\.onnx is damaged"):
        load("alexnet-2012", "bvlc")


def test_if_the_built_in_weights_are_missing_the_error_says_how_to_restore_them(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ASSETS", tmp_path)
    with pytest.raises(UserError, match=r"alexnet\.safetensors is missing.*git checkout assets"):
        load(weights="embedded")
