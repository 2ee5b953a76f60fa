"""Options of `explain` and `check` that do not fit together are errors before any work."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from model.attribution import METHODS
from model.cli.method_options import complete_settings
from model.errors import UserError

from .command_line import CAT, TOY


def test_settings_are_complete_and_each_goes_to_the_methods_that_have_it():
    settings = complete_settings(["saliency", "smoothgrad", "occlusion"], None, {"samples": 10, "stride": 30})
    assert list(settings) == ["saliency", "smoothgrad", "occlusion"]
    for name, values in settings.items():
        defaults = {parameter.name: parameter.default for parameter in METHODS[name].parameters}
        given = {"smoothgrad": {"samples": 10}, "occlusion": {"stride": 30}}.get(name, {})
        assert values == defaults | given


def test_for_an_unknown_setting_the_existing_ones_are_listed():
    with pytest.raises(UserError) as refused:
        complete_settings(["saliency", "occlusion"], None, {"samples": 10})
    window = ", ".join(parameter.name for parameter in METHODS["occlusion"].parameters)
    assert str(refused.value) == (
        f"There is no parameter 'samples' to set: saliency has none; occlusion has {window}."
    )


@pytest.mark.parametrize("layer", [None, "relu5"])
def test_an_unknown_method_is_an_error_with_and_without_a_layer(layer):
    with pytest.raises(UserError, match="There is no method 'tea-leaves'"):
        complete_settings(["grad-cam", "tea-leaves"], layer, {})


def test_a_layer_is_only_accepted_for_methods_that_use_one():
    complete_settings(["saliency", "grad-cam"], "relu5", {})
    with pytest.raises(UserError, match="saliency and smoothgrad use no layer"):
        complete_settings(["saliency", "smoothgrad"], "relu5", {})
    with pytest.raises(UserError, match="saliency uses no layer"):
        complete_settings(["saliency"], "relu5", {})


def test_a_setting_that_only_one_of_two_methods_has(run, tmp_path):
    out = tmp_path / "maps.zip"
    methods = ("--method", "saliency", "--method", "smoothgrad", "--set", "samples=10")
    done = run("explain", CAT, *methods, "--target", "3", *TOY, "--out", out)
    assert (done.status, done.err) == (0, "")
    with zipfile.ZipFile(out) as archive:
        entries = json.loads(archive.read("settings.json"))["explanations"]
    assert [entry["settings"].get("samples") for entry in entries] == [None, 10]


TOO_LATE = {
    "an unknown method": ("--method saliency --method tea-leaves", "There is no method 'tea-leaves'"),
    "an unknown setting": ("--method saliency --method grad-cam --set w=3", "no parameter 'w'"),
    "a value beyond its limits": ("--method saliency --method smoothgrad --set samples=1e9", "must be from"),
    "a layer for nothing": ("--method saliency --method smoothgrad --layer relu5", "use no layer"),
}


@pytest.mark.parametrize(("options", "message"), TOO_LATE.values(), ids=TOO_LATE.keys())
def test_methods_and_settings_are_checked_before_the_work(run, tmp_path, options, message):
    """The photo is missing, too, but that would be the next error."""
    done = run("explain", tmp_path / "missing.png", *options.split(), "--out", tmp_path / "maps.zip")
    assert (done.status, done.out) == (2, "")
    [line] = done.error_lines
    assert message in line


def test_check_examines_method_and_settings_before_the_work(run, tmp_path):
    for options, message in (("tea-leaves", "no method 'tea-leaves'"), ("saliency --set w=3", "'w'")):
        done = run("check", tmp_path / "missing.png", "--method", *options.split())
        assert (done.status, len(done.error_lines)) == (2, 1)
        assert message in done.err


# --- --from --------------------------------------------------------------------------------------


@pytest.fixture
def earlier(run, tmp_path) -> Path:
    out = tmp_path / "maps.zip"
    options = ("--method", "saliency", "--target", "3")
    assert run("explain", CAT, *options, *TOY, "--out", out).status == 0
    return out


def changed(file: Path, **settings: object) -> Path:
    """Return a copy of an archive with some settings replaced."""
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    found = json.loads(files["settings.json"]) | settings
    copy = file.with_name("changed.zip")
    with zipfile.ZipFile(copy, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, json.dumps(found) if name == "settings.json" else data)
    return copy


def test_an_earlier_archive_may_be_a_folder(run, earlier):
    with zipfile.ZipFile(earlier) as archive:
        archive.extractall(earlier.parent / "unpacked")
    done = run("explain", "--from", earlier.parent / "unpacked")
    assert (done.status, done.err) == (0, "")
    assert "same heat map" in done.out


GIVEN = ["--architecture alexnet-2012", "--architecture caffenet", "--weights random", "--method saliency"]
GIVEN += ["--target 0", "--layer relu5", "--set samples=3", "photo.png"]


@pytest.mark.parametrize("options", GIVEN)
def test_options_that_an_earlier_archive_contains_cannot_be_given_too(run, tmp_path, options):
    done = run("explain", "--from", tmp_path / "maps.zip", *options.split())
    assert (done.status, done.out) == (2, "")
    message = "The file of --from names photo, network, methods and settings: leave them out."
    assert done.error_lines == [message]


@pytest.mark.parametrize("out", [(), ("--out", "again.zip")])
def test_an_archive_without_heat_maps_is_an_error(run, earlier, monkeypatch, out):
    monkeypatch.chdir(earlier.parent)
    empty = changed(earlier, explanations=[])
    before = sorted(earlier.parent.iterdir())
    done = run("explain", "--from", empty, *out)
    assert (done.status, done.out) == (2, "")
    assert done.error_lines == [f"{empty} contains no heat maps, so none can be computed. Give another file."]
    assert sorted(earlier.parent.iterdir()) == before


def test_an_unknown_method_in_an_archive_is_an_error_before_any_computation(run, earlier):
    with zipfile.ZipFile(earlier) as archive:
        [entry] = json.loads(archive.read("settings.json"))["explanations"]
    for change, message in (({"method": "tea"}, "no method 'tea'"), ({"settings": {"w": 3}}, "'w'")):
        done = run("explain", "--from", changed(earlier, explanations=[entry, entry | change]))
        assert (done.status, done.out) == (2, "")
        [line] = done.error_lines
        assert message in line
