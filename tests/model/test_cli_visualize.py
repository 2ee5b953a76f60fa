"""The command `visualize` writes the picture that the library makes, and refuses bad input in one line."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from model.feature_visualization import PARAMETERS, visualize


def test_the_file_contains_the_picture_that_the_library_makes(run, network, tmp_path):
    out = tmp_path / "unit.png"
    place = ("--layer", "conv2", "--channel", 7, "--set", "steps=10", "--set", "seed=3", "--device", "cpu")
    done = run("visualize", *place, "--out", out)
    found = visualize(network, "conv2", 7, settings={"steps": 10, "seed": 3})
    assert (done.status, done.err) == (0, "")
    assert np.array_equal(np.asarray(Image.open(out)), found.pixels)
    assert done.out == (
        f"{out} contains a picture for conv2, channel 7: the activation went from {found.start:.2f} to "
        f"{found.end:.2f}.\n"
    )
    assert list(tmp_path.iterdir()) == [out]


def test_the_centre_of_conv1_is_as_large_as_its_filters(run, tmp_path):
    out = tmp_path / "cell.png"
    place = ("--layer", "conv1", "--channel", 0, "--place", "centre")
    done = run("visualize", *place, "--set", "steps=10", "--out", out)
    assert done.status == 0
    assert Image.open(out).size == (11, 11)


def test_a_target_is_a_class_of_the_last_layer_before_the_softmax(run, tmp_path):
    out = tmp_path / "class.png"
    done = run("visualize", "--target", 340, "--set", "steps=10", "--out", out)
    assert done.status == 0
    assert "for class 340, zebra: the logit went from" in done.out
    assert Image.open(out).size == (227, 227)


def test_help_lists_the_parameters(run):
    done = run("visualize", "--help")
    assert done.status == 0
    for parameter in PARAMETERS:
        assert f"{parameter.name} " in done.out
        assert f"({parameter.low:g} to {parameter.high:g})" in done.out


USAGE = {
    "nothing to visualize": ("", "Say what to visualize"),
    "no channel": ("--layer conv5", "Say what to visualize"),
    "a class and a layer": ("--target 3 --layer conv5", "not both"),
    "unknown layer": ("--layer conv9 --channel 0", "has no layer 'conv9'"),
    "unknown channel": ("--layer conv5 --channel 256", "conv5 has no channel 256"),
    "unknown class": ("--target 1000", "There is no class 1000"),
    "probabilities": ("--layer prob --channel 0", "choose fc8 instead"),
    "unknown place": ("--layer conv5 --channel 0 --place corner", "There is no place 'corner'"),
    "a unit's centre": ("--layer fc6 --channel 0 --place centre", "leave the place at mean"),
    "unknown parameter": ("--target 3 --set colour=1", "has no parameter 'colour'"),
    "too many steps": ("--target 3 --set steps=5000", "must be from 10 to 1000, not 5000"),
    "no number": ("--target 3 --set steps", "--set takes NAME=VALUE, for example steps=300"),
}


@pytest.mark.parametrize(("line", "message"), USAGE.values(), ids=USAGE.keys())
def test_bad_input_gets_one_line_and_status_2(run, tmp_path, line, message):
    done = run("visualize", *line.split(), "--out", tmp_path / "unit.png")
    assert (done.status, done.out) == (2, "")
    assert len(done.error_lines) == 1
    assert message in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_unsupported_file_type_is_refused_before_any_work(run, tmp_path):
    done = run("visualize", "--target", 3, "--out", tmp_path / "unit.jpg")
    assert done.status == 2
    assert "ends in .png" in done.err
