"""The commands `weights` and `train`."""

from __future__ import annotations

import sys

from PIL import Image

from model.training.runs.record import read_history
from model.weights.files import ASSETS
from model.weights.sources import WEIGHTS

from ..own_network import own_network

# --- weights -------------------------------------------------------------------------------------


def test_weights_list_says_which_weights_are_on_this_machine(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    sources = {source["name"]: source for source in run("weights", "list", "--format", "json").json}
    assert list(sources) == list(WEIGHTS)
    here = {name: source["on_this_machine"] for name, source in sources.items()}
    assert here == {
        "embedded": True,
        "cifar10": True,
        "bvlc": False,
        "torchvision": False,
        "random": True,
    }
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


def test_weights_remove_takes_back_what_import_has_added(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path / "cache"))
    own_network(tmp_path, "mine")
    own_network(tmp_path, "other")
    assert run("describe", "--architecture", "mine").status == 0
    assert "mine" in run("weights", "remove", "mine").out
    assert [path.stem for path in (tmp_path / "cache/networks").iterdir()] == ["other", "other"]
    assert (tmp_path / "weights.safetensors").exists()  # the imported file
    assert "There is no architecture 'mine'" in run("describe", "--architecture", "mine").err
    assert "Choose one of: other." in run("weights", "remove", "alexnet-2012").err
    run("weights", "remove", "other")
    assert run("weights", "remove", "other").err.strip().endswith("There is no network under a name 'other'.")


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


def test_train_cifar10_says_what_it_reached_and_does_not_overwrite_it(run, tmp_path):
    for name, colour in (("blue", (0, 0, 255)), ("red", (255, 0, 0))):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(5):
            Image.new("RGB", (32, 32), colour).save(tmp_path / "photos" / name / f"{i}.png")
    asked = ("train", "cifar10", "--data", tmp_path / "photos", "--out", tmp_path / "run", "--epochs", "1")
    done = run(*asked, "--device", "cpu")
    assert done.status == 0, done.err
    [epoch] = read_history(tmp_path / "run")
    assert f"After epoch 1: accuracy {epoch.accuracy:.1%} in training" in done.out
    again = run(*asked)
    assert (again.status, again.out) == (2, "")
    assert "already has a run. Continue it with --resume" in again.err
    other = run(*asked, "--resume", "--batch-size", "7")
    assert "begun with batch size 32, not 7" in other.err
