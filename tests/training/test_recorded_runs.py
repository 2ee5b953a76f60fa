"""The runs that come with this project are whole, small, and can be repeated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from model.errors import UserError
from model.training.runs import record, shelf
from model.training.runs.main import prepare
from model.training.runs.publish import publish
from model.training.runs.start import new_network
from model.weights.load import load
from model.weights.sources import WEIGHTS

from .generated import BRIEF, textures

RECORDED = {name: run for name, run in shelf.runs().items() if run.is_recorded}
MOST = 3_000_000  # bytes of all together


def test_they_are_small():
    assert RECORDED
    files = [path for path in shelf.RECORDED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST
    assert not [path for path in files if path.suffix in (".pt", ".safetensors")]


@pytest.mark.parametrize("name", RECORDED)
def test_their_numbers_agree(name):
    run = RECORDED[name]
    history, points = record.read_history(run.folder), record.read_points(run.folder)
    assert [one.number for one in history] == list(range(1, run.settings.epochs + 1))
    assert points[-1].epoch == run.settings.epochs
    for epoch in history:  # the means over an epoch's parts are the epoch's mean; parts differ by one batch
        parts = [one for one in points if epoch.number - 1 < one.epoch <= epoch.number]
        assert np.mean([one.accuracy for one in parts]) == pytest.approx(epoch.accuracy, abs=2e-3)
    found = record.read_predictions(run.folder)
    assert found is not None
    right = (found.guesses == found.labels).mean()
    # Probabilities are stored in float16, in which the two largest may be equal.
    assert right == pytest.approx(history[-1].validation_accuracy, abs=1e-3)
    assert found.confusion.sum() == run.facts["photos"]["validation"]
    assert "data" not in run.facts["photos"]


@pytest.mark.parametrize(
    ("name", "setting"),
    [("tanh", "activation"), ("weight-decay", "weight_decay"), ("no-dropout", "dropout")],
)
def test_runs_that_are_compared_differ_in_one_setting(name, setting):
    usual, other = RECORDED["relu"].settings, RECORDED[name].settings
    assert getattr(usual, setting) != getattr(other, setting)
    assert replace(other, **{setting: getattr(usual, setting), "epochs": usual.epochs}) == usual


@pytest.mark.parametrize("name", RECORDED)
def test_they_begin_as_this_repository_begins(name):
    """The first weights follow from the seed, so a run that is repeated begins at the same place."""
    run = RECORDED[name]
    first = record.read_snapshots(run.folder)[0]
    expected = new_network(run.settings, len(run.classes)).get_parameter("conv1.weight").detach().half()
    np.testing.assert_array_equal(first.weight, expected.numpy())


def test_the_built_in_weights_answer_as_their_run_did():
    """They were rounded after the run, so a few answers may change."""
    found = record.read_predictions(RECORDED["relu"].folder)
    assert found is not None
    drawn = found.shown[record.MISTAKES :]  # the others are mistakes, chosen since they are confident
    network = load("alexnet-cifar10", device="cpu")
    with torch.inference_mode():
        own = network(network.to_input(found.pixels[record.MISTAKES :])).numpy()
    assert np.mean(own.argmax(1) == found.guesses[drawn]) >= 0.95
    # Measured: see `python -m model.training.runs.embed`. float16 alone makes 0.0003.
    assert np.abs(own - found.probabilities[drawn]).mean() < 0.02
    assert WEIGHTS["cifar10"].top1 == pytest.approx(
        100 * record.read_history(RECORDED["relu"].folder)[-1].validation_accuracy, abs=0.5
    )


def test_a_finished_run_is_published_without_weights(tmp_path):
    made = prepare(tmp_path / "run", textures(tmp_path / "photos"), "cpu", {**BRIEF, "epochs": 1})
    with pytest.raises(UserError, match="Train it to its end first"):
        publish(tmp_path / "run", "short", "A short run", "", tmp_path)
    made.train()
    folder = publish(tmp_path / "run", "short", "A short run", "Drawn here.", tmp_path)
    assert not (folder / record.WEIGHTS).exists()
    assert record.read_history(folder) == record.read_history(tmp_path / "run")
    settings, classes, facts = record.read_settings(folder)
    assert (settings.epochs, classes, facts["title"]) == (1, ("dots", "lines", "rungs"), "A short run")
    assert "data" not in facts["photos"]  # a path on the machine of the run
