"""Every page works with a network from a visitor's own file of weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from model.attribution import explain
from model.errors import UserError
from model.own.doubts import doubts
from model.own.opening import Asked, open_private, open_weights
from model.private import find_private, remove_private
from model.weights.load import load
from viz_app import cached
from viz_app.frame.navigation import PAGES

from ..model.own_files import PAPER, Plain, saved
from .apps import healthy, open_page, started

NAMES = tuple(f"fruit {letter}" for letter in "abcdefghij")
MINE = Plain(classes=10)


def opened(folder: Path, plain: Plain):
    path = folder / "mine.pth"
    saved()(path, plain)
    return open_weights(path, Asked(labels=NAMES))


@pytest.mark.parametrize("plain", [replace(MINE, inputs=1), PAPER], ids=["grey", "colour"])
def test_every_page_shows_the_network(tmp_path, plain):
    name = open_private(opened(tmp_path, plain))
    app = started(architecture=name)
    for page in PAGES:
        open_page(app, page.file)
        assert healthy(app), page.file
        assert app.selectbox(key="architecture").value == name, page.file
    other = started()
    assert name not in other.selectbox(key="architecture").options
    remove_private(name)


def test_grad_cam_is_that_of_pytorch_grad_cam_on_the_original_network(tmp_path):
    network = opened(tmp_path, MINE).network()
    theirs = MINE.network()
    x, compared = network.prepare(cached.sample("cat")), 0
    for target in range(10):
        found = explain(network, x, "grad-cam", target)
        if not found.has_evidence:
            continue
        with GradCAM(theirs, [theirs.features[11]]) as cam:  # the last ReLU
            expected = cam(x.clone(), [ClassifierOutputTarget(target)])[0]
        compared += 1
        # Their result is shifted, scaled and enlarged by OpenCV, so only the pattern can be compared.
        assert np.corrcoef(found.heatmap.ravel(), expected.ravel())[0, 1] > 0.999
    assert compared >= 3


def test_memory_for_networks_of_visitors_is_bounded(tmp_path, monkeypatch):
    file = opened(tmp_path, MINE)
    size = sum(tensor.nbytes for tensor in file.state.values())
    monkeypatch.setattr("model.private.MOST_BYTES", 2 * size)
    names = [open_private(file) for _ in range(3)]
    assert [find_private(name) is not None for name in names] == [False, True, True]
    for name in names[1:]:
        remove_private(name)


def test_doubts_are_told_when_the_numbers_look_wrong(tmp_path):
    network = opened(tmp_path, MINE).network()
    assert doubts(load("alexnet-2012", "embedded", "cpu")) == ()
    with torch.no_grad():
        network.get_parameter("fc8.weight").mul_(1e-6)
        network.get_parameter("fc8.bias").zero_()
    assert "equally probable" in doubts(network)[0]
    network.get_parameter("fc8.bias").data[3] = 9.0
    assert "the same class" in doubts(network)[0]
    network.get_parameter("conv1.weight").data.mul_(1e6)
    assert "another scale" in doubts(network)[-1]


def test_files_in_the_folder_of_the_server_are_listed(tmp_path):
    saved()(tmp_path / "b.pth", MINE)
    saved()(tmp_path / "a.pth.tar", MINE)
    (tmp_path / "notes.txt").write_text("no weights")
    assert [path.name for path in cached.weights_in_folder(str(tmp_path))] == ["a.pth.tar", "b.pth"]
    assert cached.weights_in_folder("") == []
    assert cached.weights_in_folder(str(tmp_path / "none")) == []


def test_an_upload_makes_the_same_network_as_the_file(tmp_path):
    path = tmp_path / "mine.pth"
    saved()(path, MINE)
    uploaded = cached.opened_upload("1", "my weights: a/b.pth", memoryview(path.read_bytes()), Asked())
    on_server = cached.opened_file(path, path.stat().st_mtime_ns, Asked())
    for name, tensor in on_server.opened.state.items():
        assert torch.equal(tensor, uploaded.opened.state[name])
    assert uploaded.opened.architecture.title == "my weights: a/b.pth"
    with pytest.raises(UserError, match=r"my\.pth cannot be read"):
        cached.opened_upload("2", "my.pth", memoryview(b"hello"), Asked())
