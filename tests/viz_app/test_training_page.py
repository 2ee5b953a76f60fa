"""The page Training shows what a run's files say, and starts, pauses and removes runs."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model.errors import UserError
from model.preprocess import network_crop
from model.training.runs import record, shelf, watch
from model.training.runs.main import prepare
from viz_app import cached, settings, training

from ..patience import patience
from ..training.generated import BRIEF, textures
from .apps import healthy, open_page, started, texts


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache folder with two short runs."""
    folder = tmp_path_factory.mktemp("cache")
    photos = textures(folder / "photos")
    prepare(folder / "runs/plain", photos, "cpu", BRIEF).train()
    prepare(folder / "runs/bent", photos, "cpu", {**BRIEF, "epochs": 1, "activation": "tanh"}).train()
    return folder


@pytest.fixture(autouse=True)
def _here(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ALEXNET_CACHE", str(cache))
    yield
    settings.settings.cache_clear()


def page(**choices: str) -> AppTest:
    app = open_page(started(**choices), "training")
    assert healthy(app)
    return app


def drawn(app: AppTest, key: str) -> dict:
    """Return the Plotly figure that a chart on the page shows."""
    [found] = [one for one in app.get("plotly_chart") if one.proto.id.endswith(key)]
    return json.loads(found.proto.spec, object_hook=_array)


def _array(content: dict) -> Any:
    """Plotly writes an array as its bytes."""
    if "bdata" not in content:
        return content
    values = np.frombuffer(base64.b64decode(content["bdata"]), content["dtype"])
    return values.reshape([int(n) for n in content.get("shape", "-1").split(",")])


def test_a_run_is_shown_with_its_own_numbers(cache):
    app = page(run="plain")
    history = record.read_history(cache / "runs/plain")
    assert f"2 epochs, **{history[-1].validation_accuracy:.1%} right**" in texts(app)
    assert "24 training and 6 validation photos" in texts(app)
    points = record.read_points(cache / "runs/plain")
    for quantity in ("loss", "accuracy"):
        training_, validation = drawn(app, f"training_{quantity}")["data"]
        assert validation["x"] == [1, 2]
        assert validation["y"] == pytest.approx([getattr(one, f"validation_{quantity}") for one in history])
        assert training_["y"] == pytest.approx([getattr(one, quantity) for one in points])
    [matrix] = drawn(app, "confusion")["data"]
    found = record.read_predictions(cache / "runs/plain")
    assert found is not None
    assert matrix["customdata"] == found.confusion.tolist()
    assert matrix["y"] == ["dots", "lines", "rungs"]
    shown = "".join(one.proto.body for one in app.get("html"))
    assert shown.count("<figure") == 6
    assert shown.count("✓") == found.confusion.trace()


def test_several_runs_are_drawn_together():
    app = page(run="plain", other_runs="bent")
    names = {one["name"] for one in drawn(app, "training_loss")["data"]}
    assert names == {f"{run}: {part}" for run in ("plain", "bent") for part in ("training", "validation")}


def test_filters_and_maps_are_those_of_the_chosen_moment(cache, photo):
    app = page(run="plain", moment="0")
    assert "**Filters of conv1** after 0.0 epochs" in texts(app)
    run = shelf.runs()["plain"]
    first, last = (cached.snapshots(run)[index] for index in (0, -1))
    assert np.abs(first.weight.astype(float) - last.weight.astype(float)).max() > 0
    stored = prepare(cache / "runs/plain", None, "cpu", {}, resume=True).network.freeze()
    crop = network_crop(photo, stored.architecture)
    maps = cached.maps_at(photo, run, last)
    expected = stored.get_submodule("conv1")(stored.prepare(photo))[0].numpy()
    assert maps.shape == (96, 30, 30) and crop.shape == (32, 32, 3)
    # The snapshot is in float16, whose relative error is 2^-11; a sum of 27 products of at most 1 each.
    np.testing.assert_allclose(maps, expected, atol=27 * 2**-11 * 0.5)


def test_without_any_run_the_page_offers_to_start_one(tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    monkeypatch.setattr(shelf, "RECORDED", tmp_path)
    app = page()
    assert "There is no run yet" in app.info[0].value
    assert [one.label for one in app.button if one.key == "start_run"] == ["Start"]


def test_training_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("ALEXNET_TRAINING", "off")
    settings.settings.cache_clear()
    app = page()
    assert "has switched training off" in texts(app)
    assert not [one for one in app.button if one.key == "start_run"]
    with pytest.raises(UserError, match="switched training off"):
        training.start("generated", {})


def test_only_one_run_is_trained_at_a_time(cache):
    with watch.alone(cache / "runs/plain"):
        assert training.active() == "plain"
        with pytest.raises(UserError, match="plain is being trained"):
            training.start("generated", {})
        with pytest.raises(UserError, match="Another process trains"), watch.alone(cache / "runs/plain", 0):
            pass
        with pytest.raises(UserError, match="Pause it first"):
            training.remove("plain")
    assert training.active() is None


def test_a_run_that_is_trained_says_its_step_and_the_time_left(cache):
    folder = cache / "runs/plain"
    with watch.alone(folder):
        watch.Watched(folder).tell(watch.Progress(30, 125, 1.5, 0.25, 80.0, 95.0))
        app = page(run="plain")
        [bar] = app.get("progress")
        assert bar.proto.value == 100 * 30 // 125
        assert bar.proto.text.startswith("Step 30 of 125, ")
        assert bar.proto.text.endswith(" left")
        values = {one.label: one.value for one in app.metric}
        assert values["Loss in this epoch"] == "1.500"
        assert values["Accuracy in this epoch"] == "25.0%"
        assert values["Photos a second"] == "80"
        assert app.button(key="pause_run").label == "Pause"
    (folder / watch.PROGRESS).unlink()  # a run that is finished shows none


def test_a_run_is_started_paused_continued_and_removed():
    changes = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-4, "augment": True}
    name = training.start("generated", changes)
    folder = shelf.own_folder() / name
    _until(lambda: watch.read_progress(folder) is not None)
    training.stop(name)
    _until(lambda: training.active() is None)
    assert training.failure(name) == ""
    run = shelf.runs()[name]
    assert run.state == "stopped"
    assert run.settings.augment and run.settings.batch_size == 8
    before = watch.read_progress(folder)
    assert before is not None and 1 <= before.done < before.total == 125
    training.resume(name)
    _until(lambda: (now := watch.read_progress(folder)) is not None and now.done > before.done)
    training.stop(name)
    _until(lambda: training.active() is None)
    training.remove(name)
    assert name not in shelf.runs()


def test_a_run_that_fails_says_why(cache, monkeypatch):
    monkeypatch.setattr(training, "_options", lambda _changes: ["--learning-rate", "0"])
    name = training.start("generated", {})
    _until(lambda: training.active() is None)
    assert "Learning rate must be above 0" in training.failure(name)
    training.remove(name)


def _until(holds) -> None:
    end = time.monotonic() + patience()
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_shell_writes_what_others_see_of_a_run(cache, tmp_path):
    """A run in the shell is listed by the app, too, if it is in the folder of runs."""
    done = subprocess.run(
        [
            *training.COMMAND,
            "--data",
            str(cache / "photos"),
            "--out",
            str(cache / "runs/shell"),
            "--epochs",
            "1",
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=patience(),
    )
    assert done.returncode == 0, done.stderr
    progress = watch.read_progress(cache / "runs/shell")
    assert progress is not None and progress.done == progress.total == 1
    assert shelf.runs()["shell"].state == "finished"
    training.remove("shell")
