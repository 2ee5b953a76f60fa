"""A network under a name computes what the trained network computes, and every command knows it."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from model.architectures import ARCHITECTURES
from model.errors import UserError
from model.named import add
from model.networks import architectures, get_architecture, sources, sources_for
from model.predict import classify
from model.preprocess import read_photo_file
from model.teaching import from_file
from model.textured_things import NAMES, things
from model.training.runs.record import WEIGHTS
from model.training.runs.settings import RunSettings
from model.validation import is_for_validation
from model.weights.load import load

from ..own_network import CLASSES, own_network
from .command_line import CAT, TOY


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path / "cache"))


def test_it_computes_what_the_trained_network_computes(tmp_path, photo):
    made = own_network(tmp_path, "my-textures", RunSettings(activation="tanh", dropout=0.2))
    found = load("my-textures", device="cpu")
    assert [type(layer).__name__ for layer in found.children()].count("Tanh") == 7
    result = classify(found, photo)
    assert result.labels == CLASSES
    # The app's network has another memory layout, so sums are in another order.
    np.testing.assert_allclose(result.logits, classify(made, photo).logits, atol=1e-5)
    assert float(found.prepare(photo).max()) <= 1  # pixels from 0 to 1, as it was trained


def test_it_is_listed_beside_the_others(tmp_path, run):
    assert list(architectures()) == list(ARCHITECTURES)
    own_network(tmp_path, "my-textures")
    assert list(architectures()) == [*ARCHITECTURES, "my-textures"]
    assert [source.name for source in sources_for("my-textures")] == ["my-textures", "random"]
    listed = {one["name"]: one for one in run("weights", "list", "--format", "json").json}
    assert listed["my-textures"]["architectures"] == ["my-textures"]
    assert listed["my-textures"]["on_this_machine"]
    assert "my-textures" in listed["random"]["architectures"]
    [entry] = run("predict", CAT, "--architecture", "my-textures", "--format", "json").json
    assert {one["label"] for one in entry["predictions"]} == set(CLASSES)
    assert run("weights", "verify", "my-textures").status == 0


def test_the_shell_adds_it(tmp_path, run):
    own_network(tmp_path, "first")
    done = run("weights", "import", tmp_path / WEIGHTS, "--as", "second")
    assert (done.status, done.err) == (0, "")
    assert "second" in architectures()
    assert sources()["second"].files[0].checksum == sources()["first"].files[0].checksum


def refused(path, name: str) -> str:
    with pytest.raises(UserError) as raised:
        add(path, name)
    return str(raised.value)


def test_what_cannot_be_added_is_refused_with_a_sentence(tmp_path):
    own_network(tmp_path, "mine")
    path = tmp_path / WEIGHTS
    for taken in ("mine", "alexnet-2012", "embedded"):
        assert f"already a network or a set of weights named {taken}" in refused(path, taken)
    for wrong in ("My pets", "../pets", "", "a" * 41):
        assert "cannot be used. Use at most 40 small letters" in refused(path, wrong)
    assert "is not a file" in refused(tmp_path / "nowhere", "pets")
    (tmp_path / "text.safetensors").write_text("no weights")
    assert "does not say which network it belongs to" in refused(tmp_path / "text.safetensors", "pets")
    state = load_file(path)
    save_file(state, tmp_path / "bare.safetensors")
    assert "does not say which network it belongs to" in refused(tmp_path / "bare.safetensors", "pets")
    about = {"settings": json.dumps(RunSettings().as_json()), "classes": json.dumps(["a", "b"])}
    about["accuracy"] = json.dumps({"right": 0.5, "photos": 4})
    save_file(state, tmp_path / "other.safetensors", about)
    assert "does not hold the weights of the network that it names" in refused(
        tmp_path / "other.safetensors", "pets"
    )
    save_file({**state, "fc8.bias": torch.zeros(4)}, tmp_path / "four.safetensors", about)
    assert "does not hold the weights" in refused(tmp_path / "four.safetensors", "pets")
    assert list(architectures()) == [*ARCHITECTURES, "mine"]


def test_a_damaged_entry_harms_no_other_network(tmp_path):
    own_network(tmp_path, "mine")
    entry = (tmp_path / "cache/networks/mine.json").read_text()
    (tmp_path / "cache/networks/cut.json").write_text(entry[:100])
    (tmp_path / "cache/networks/later.json").write_text(entry.replace('"epochs"', '"rounds"'))
    assert list(architectures()) == [*ARCHITECTURES, "mine"]


def test_a_network_that_is_gone_is_unknown(tmp_path):
    own_network(tmp_path, "mine")
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(UserError, match="There is no architecture 'mine'"):
        get_architecture("mine")


@pytest.fixture
def things_folder(tmp_path):
    """Return a folder of drawn photos: three classes, ten photos each."""
    for thing in things(10):
        folder = tmp_path / "photos" / NAMES[thing.label]
        folder.mkdir(parents=True, exist_ok=True)
        thing.photo.image.save(folder / f"{thing.photo.name}.png")
    return tmp_path / "photos"


@pytest.mark.parametrize("asked", [(), ("--layer", "pool5"), ("--first", "fc7", "--variations", "all")])
def test_a_network_that_was_taught_a_folder_is_added(tmp_path, run, things_folder, asked):
    out = tmp_path / "classes.safetensors"
    done = run("train", "folder", "--data", things_folder, "--out", out, *asked, "--device", "cpu")
    assert (done.status, done.err) == (0, "")
    with out.with_suffix(".csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert f"{float(last['validation_accuracy']):.1%} in validation" in done.out
    assert float(last["validation_accuracy"]) > 0.8  # of six photos, at most one is wrong
    assert run("weights", "import", out, "--as", "my-things").status == 0
    network = load("my-things", device="cpu")
    assert network.architecture.classes == tuple(sorted(NAMES))
    assert sources()["my-things"].top1 == pytest.approx(100 * float(last["validation_accuracy"]))
    new = list(things(8, seed=99))
    said = [classify(network, one.photo).top(1)[0].label for one in new]
    # Eight photos of each class are few to learn from; by chance a third would be right.
    assert np.mean([name == NAMES[one.label] for name, one in zip(said, new, strict=True)]) > 0.7
    [entry] = run("predict", CAT, "--architecture", "my-things", "--format", "json").json
    assert {one["label"] for one in entry["predictions"]} == set(NAMES)


def test_a_network_whose_layers_all_went_on_learning_is_added(tmp_path, run, things_folder):
    """The network under the name is right as often as was told, and its first layer is another one."""
    out, base = tmp_path / "tuned.safetensors", load("alexnet-cifar10", "random", device="cpu")
    asked = ("--data", things_folder, "--out", out, "--steps", "20", *TOY)
    done = run("train", "folder", *asked, "--fine-tune", "4", "--fine-tune-rate", "1e-3")
    assert (done.status, done.err) == (0, "")
    with out.with_suffix(".csv").open() as file:
        history = list(csv.DictReader(file))
    assert [one["layers"] for one in history] == ["last"] * 21 + ["all"] * 4
    assert float(history[-1]["loss"]) < float(history[20]["loss"])
    with pytest.raises(UserError, match="so it is no new last layer"):
        from_file(out, ("alexnet-cifar10", "random"))
    assert run("weights", "import", out, "--as", "tuned").status == 0
    assert "all layers went on learning: epochs 4" in sources()["tuned"].origin
    network = load("tuned", device="cpu")
    assert not torch.equal(network.get_parameter("conv1.weight"), base.get_parameter("conv1.weight"))
    right = [
        classify(network, read_photo_file(path)).top(1)[0].label == folder.name
        for folder in things_folder.iterdir()
        for number, path in enumerate(sorted(folder.iterdir()))
        if is_for_validation(number)
    ]
    assert np.mean(right) == pytest.approx(float(history[-1]["validation_accuracy"]))


def test_a_folder_that_cannot_be_taught_is_refused(tmp_path, run, things_folder):
    assert "There is no folder" in run("train", "folder", "--data", tmp_path / "nowhere").err
    for path in (things_folder / NAMES[0]).glob("*[3-9].png"):
        path.unlink()
    done = run("train", "folder", "--data", things_folder, "--out", tmp_path / "any.safetensors")
    assert done.status == 2 and f"{NAMES[0]} has" in done.err
    wrong = run("train", "folder", "--data", things_folder, "--out", tmp_path / "any.csv")
    assert "ends in .safetensors" in wrong.err
    (tmp_path / "file").touch()
    blocked = run("train", "folder", "--data", things_folder, "--out", tmp_path / "file/any.safetensors")
    assert "cannot be made" in blocked.err
