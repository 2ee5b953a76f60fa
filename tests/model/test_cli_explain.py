"""The commands `explain`, `check` and `methods`."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict

import numpy as np
import pytest
from PIL import Image

from model.attribution import METHODS, checks, explain
from model.attribution.pointing import point, share
from model.overlay import overlay
from model.predict import classify
from model.preprocess import network_crop, read_photo_file
from model.receptive_field import Box
from model.weights.load import load

from .command_line import CAT, TOY
from .pictures import encoded

# --- explain -------------------------------------------------------------------------------------


def test_explain_npy_is_the_attribution_of_the_predicted_class(run, network, tmp_path):
    out = tmp_path / "map.npy"
    done = run("explain", CAT, "--method", "saliency", "--device", "cpu", "--out", out)
    assert (done.status, done.err) == (0, "")
    photo = read_photo_file(CAT)
    best = classify(network, photo).top(1)[0]
    assert best.label in done.out
    heatmap = np.load(out)
    assert heatmap.dtype == np.float32
    expected = explain(network, network.prepare(photo), "saliency", best.class_index).heatmap
    # The same computation is done twice: float32 gradients then differ by about 1e-6 of the largest value.
    np.testing.assert_allclose(heatmap, expected, atol=1e-5 * expected.max())


def test_explain_png_is_the_heat_map_over_the_crop_for_target_and_layer(run, network, tmp_path):
    out = tmp_path / "map.png"
    options = ("--method", "grad-cam", "--layer", "relu3", "--target", "7", "--out", out)
    assert run("explain", CAT, *options).status == 0
    photo = read_photo_file(CAT)
    expected = explain(network, network.prepare(photo), "grad-cam", 7, "relu3").normalized
    laid = overlay(network_crop(photo, network.architecture), expected)
    picture = np.asarray(Image.open(out)).astype(int)
    assert np.abs(picture - laid).max() <= 1  # one level, because of rounding


def test_explain_says_when_there_is_no_positive_evidence(run, black, tmp_path):
    photo, target = black
    out = tmp_path / "map.png"
    done = run("explain", photo, "--method", "grad-cam", "--target", str(target), "--out", out)
    assert done.status == 0
    [line] = done.error_lines
    assert "no positive evidence" in line
    nothing = overlay(np.zeros((227, 227, 3), np.uint8), np.zeros((227, 227)))
    assert np.array_equal(np.asarray(Image.open(out)), nothing)


def test_the_heat_maps_in_a_zip_can_be_computed_again(run, tmp_path):
    out = tmp_path / "maps.zip"
    wanted = ("--method", "grad-cam", "--method", "smoothgrad", "--target", "281", "--target", "7")
    assert run("explain", CAT, *wanted, "--out", out).status == 0
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path / "unpacked")
    for earlier in (out, tmp_path / "unpacked" / "settings.json"):
        done = run("explain", "--from", earlier, "--out", tmp_path / "again.zip")
        assert (done.status, done.err) == (0, "")
        # On the same machine the numbers are the same, or, if sums are in another order, nearly the same.
        assert done.out.count("same heat map") == 4
    with zipfile.ZipFile(tmp_path / "again.zip") as archive:
        again = json.loads(archive.read("settings.json"))
    assert again == json.loads((tmp_path / "unpacked" / "settings.json").read_text())


def test_a_changed_heat_map_in_a_zip_differs_from_the_one_computed_again(run, tmp_path):
    out = tmp_path / "maps.zip"
    assert run("explain", CAT, "--method", "grad-cam", "--target", "281", "--out", out).status == 0
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path)
    file = tmp_path / "1-grad-cam-281.npy"
    values = np.load(file)
    values[0, 0] += 0.5 * values.max()
    np.save(file, values)
    assert "within 0.5 of its largest value" in run("explain", "--from", tmp_path / "settings.json").out


def test_the_photo_is_not_overwritten_by_its_heat_map(run, tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(encoded(Image.open(CAT)))
    before = photo.read_bytes()
    done = run("explain", photo, "--method", "saliency", "--out", tmp_path / "." / "photo.png")
    assert done.status == 2
    assert "would overwrite the photo" in done.err
    assert photo.read_bytes() == before


def test_explain_at_a_chosen_size(run, tmp_path):
    out = tmp_path / "map.png"
    assert run("explain", CAT, "--method", "grad-cam", "--size", "500", "--out", out).status == 0
    assert Image.open(out).size == (500, 500)


def test_settings_of_a_method_are_used_and_checked(run, network, tmp_path):
    out = tmp_path / "map.npy"
    coarse = ("--set", "window=100", "--set", "stride=60")
    done = run("explain", CAT, "--method", "occlusion", "--target", "282", *coarse, "--out", out)
    assert (done.status, done.err) == (0, "")
    x = network.prepare(read_photo_file(CAT))
    wanted = explain(network, x, "occlusion", 282, settings={"window": 100, "stride": 60})
    assert np.allclose(np.load(out), wanted.heatmap, rtol=1e-4, atol=1e-5)
    mistakes = {"window=1": "must be from 8 to 120", "window": "NAME=VALUE", "w=3": "no parameter"}
    for bad, message in mistakes.items():
        done = run("explain", CAT, "--method", "occlusion", "--set", bad, "--out", out)
        assert done.status == 2
        assert message in done.err
        assert len(done.error_lines) == 1


# --- check ---------------------------------------------------------------------------------------


def test_check_prints_the_results_of_the_library_s_checks(run, network):
    box, where = Box(30, 40, 130, 160), ("--box", "40,30,160,130")
    done = run("check", CAT, "--method", "grad-cam", "--target", "282", *where, "--format", "json")
    assert (done.status, done.err) == (0, "")
    x = network.prepare(read_photo_file(CAT))
    found = explain(network, x, "grad-cam", 282)
    heatmap = found.heatmap
    ours, chance = checks.curves(network, x, heatmap, 282), checks.yardstick(network, x, found)
    # The same computation is done twice: only the order of sums may differ.
    for name in ("deletion", "insertion"):
        assert done.json[name]["area"] == pytest.approx(getattr(ours, name).area, abs=1e-5)
        by_chance = getattr(chance, name)
        assert done.json[name]["mean_area_of_moved_maps"] == pytest.approx(by_chance.area, abs=1e-5)
        assert done.json[name]["spread_of_moved_maps"] == pytest.approx(by_chance.spread, abs=1e-5)
        assert done.json[name]["verdict"] == checks.verdict(name, getattr(ours, name), by_chance)
    assert (done.json["method"], done.json["layer"]) == ("grad-cam", "relu5")
    assert (done.json["target"]["class_index"], done.json["target"]["label"]) == (282, "tiger cat")
    held, pointed = share(heatmap, box), point(network, x, box, 282)
    found = done.json["box"]
    assert [found[edge] for edge in ("left", "top", "right", "bottom")] == [40, 30, 160, 130]
    assert found["share_of_map"] == pytest.approx(held.total, rel=1e-4)
    assert found["share_of_picture"] == 100 * 120 / 227**2
    assert found["logit"] == pytest.approx(pointed.logit, abs=1e-4)
    kinds = [(a["part"], a["filling"]) for a in found["altered"]]
    assert kinds == [(part, how) for part in ("inside", "outside") for how in ("blurred", "grey")]
    for theirs, altered in zip(found["altered"], pointed.altered, strict=True):
        assert theirs["logit"] == pytest.approx(altered.logit, abs=1e-4)
        assert theirs["probability"] == pytest.approx(altered.probability, abs=1e-5)
    assert done.json["completeness"] is None
    assert done.json["random_weights"] is None


def test_check_with_random_weights_goes_from_the_last_layer_to_the_first(run):
    options = ("--method", "saliency", "--target", "3", "--random-weights", *TOY)
    found = run("check", CAT, *options, "--format", "json").json["random_weights"]
    toy = load("alexnet-cifar10", "random", "cpu")
    x = toy.prepare(read_photo_file(CAT))
    expected = checks.cascade(toy, x, explain(toy, x, "saliency", 3))
    assert [step["layers"] for step in found] == [list(step.layers) for step in expected]
    # Nearly equal values may change places when sums are in another order.
    wanted = [step.correlation for step in expected]
    assert [step["rank_correlation"] for step in found] == pytest.approx(wanted, abs=1e-3)
    table = run("check", CAT, *options)
    assert (table.status, table.err) == (0, "")
    rows = table.out.splitlines()[-len(expected) :]
    assert rows[0].split()[0] == "fc8"
    assert rows[-1].startswith("conv1 to fc8")
    assert float(rows[0].split()[-1]) == pytest.approx(expected[0].correlation, abs=0.006)


def test_check_of_a_method_that_adds_up_as_a_table(run):
    options = ("--method", "integrated-gradients", "--target", "3", "--set", "steps=20", "--box", "0,0,32,32")
    done = run("check", CAT, *options, *TOY)
    assert (done.status, done.err) == (0, "")
    toy = load("alexnet-cifar10", "random", "cpu")
    x = toy.prepare(read_photo_file(CAT))
    found = checks.completeness(toy, x, explain(toy, x, "integrated-gradients", 3, settings={"steps": 20}))
    assert found is not None
    numbers = done.out.split("add up to ")[1].split(";")
    assert float(numbers[0]) == pytest.approx(found.total, abs=2e-4)
    assert "contains 100.0% of the heat map" in done.out
    assert "on 100.0% of the photo" in done.out


# --- methods -------------------------------------------------------------------------------------


def test_methods_are_listed_as_a_table(run):
    header, *rows = run("methods").out.splitlines()
    assert header.split() == ["name", "title", "layer", "signed", "class", "cost", "parameters"]
    for row, method in zip(rows, METHODS.values(), strict=True):
        assert row.startswith(f"{method.name} ")
        assert method.title in row
        assert all(f"{parameter.name}={parameter.usual}" in row for parameter in method.parameters)


def test_methods_as_json_hold_the_entries(run):
    for found, method in zip(run("methods", "--format", "json").json, METHODS.values(), strict=True):
        parameters = found.pop("parameters")
        assert all(value == getattr(method, key) for key, value in found.items())
        for values, parameter in zip(parameters, method.parameters, strict=True):
            assert values == json.loads(json.dumps(asdict(parameter) | {"default": parameter.default}))


@pytest.mark.parametrize("name", METHODS)
def test_the_documentation_of_a_method_is_its_entry_in_plain_text(run, name):
    method, done = METHODS[name], run("methods", name)
    assert (done.status, done.err) == (0, "")
    printed = " ".join(done.out.split())
    for words in (method.title, method.meaning, method.formula, method.caveat, method.paper):
        assert " ".join(words.split()) in printed
    assert " ".join(method.explanation.replace("*", "").split()) in printed
    for p in method.parameters:
        assert f"{p.name} {p.title} ({p.allowed}, by default {p.usual})" in printed
    assert run("methods", name, "--format", "json").json["explanation"] == method.explanation


@pytest.mark.parametrize("command", ["explain", "check"])
def test_help_of_commands_that_explain_is_built_from_the_methods(run, command):
    words = run(command, "--help").out.split()
    for method in METHODS.values():
        meaning = method.meaning.split()
        assert method.name in words
        # The help text breaks long words at hyphens.
        assert " ".join(meaning) in " ".join(words).replace("- ", "-")
