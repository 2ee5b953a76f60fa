"""The commands `weights` and `train`."""

from __future__ import annotations

import sys

from model.weights.files import ASSETS
from model.weights.sources import WEIGHTS

# --- weights -------------------------------------------------------------------------------------


def test_weights_list_says_which_weights_are_on_this_machine(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    sources = {source["name"]: source for source in run("weights", "list", "--format", "json").json}
    assert list(sources) == list(WEIGHTS)
    here = {name: source["on_this_machine"] for name, source in sources.items()}
    assert here == {"embedded": True, "bvlc": False, "torchvision": False, "random": True}
    (tmp_path / WEIGHTS["torchvision"].files[0].file_name).touch()
    sources = {source["name"]: source for source in run("weights", "list", "--format", "json").json}
    assert sources["torchvision"]["on_this_machine"]
    table = run("weights", "list").out
    for source in WEIGHTS.values():
        assert source.name in table
        assert source.licence in table


def test_weights_verify_reads_the_file(run, tmp_path, monkeypatch):
    done = run("weights", "verify", "embedded")
    assert (done.status, done.err) == (0, "")
    assert str(ASSETS) in done.out
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    (tmp_path / WEIGHTS["bvlc"].files[0].file_name).write_bytes(b"something else")
    wrong = run("weights", "verify", "bvlc")
    assert wrong.status == 2
    assert "has the wrong checksum" in wrong.err


# --- train ---------------------------------------------------------------------------------------


def test_training_without_photos_says_which_are_missing(run):
    done = run("train", "distill", "--images", "nowhere")
    assert (done.status, len(done.error_lines)) == (2, 1)
    assert "There is no file or folder nowhere" in done.err


def test_training_without_its_packages_says_how_to_get_them(run, monkeypatch, tmp_path):
    for name in [name for name in sys.modules if name.startswith("model.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cv2", None)
    done = run("train", "distill", "--images", tmp_path)
    assert (done.status, len(done.error_lines)) == (2, 1)
    assert "requirements-train.txt" in done.err
