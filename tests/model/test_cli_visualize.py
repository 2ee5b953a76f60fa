"""`visualize` from the shell: the picture that the library makes, and one line for what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.feature_visualization import PARAMETERS, visualize


@pytest.fixture
def run(capfd):
    def run_command(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main(["visualize", *(str(argument) for argument in arguments)])
        return (status, *capfd.readouterr())

    return run_command


def test_the_file_holds_the_library_s_picture(run, network, tmp_path):
    out = tmp_path / "unit.png"
    place = ("--layer", "conv2", "--channel", 7, "--set", "steps=10", "--set", "seed=3", "--device", "cpu")
    status, said, complaints = run(*place, "--out", out)
    found = visualize(network, "conv2", 7, settings={"steps": 10, "seed": 3})
    assert (status, complaints) == (0, "")
    assert np.array_equal(np.asarray(Image.open(out)), found.pixels)
    assert said == (
        f"{out} holds a picture for conv2, channel 7: its activation goes from {found.start:.2f} to "
        f"{found.end:.2f}.\n"
    )
    assert list(tmp_path.iterdir()) == [out]


def test_the_centre_of_conv1_is_as_large_as_its_filters(run, tmp_path):
    out = tmp_path / "cell.png"
    status, _, _ = run(
        "--layer", "conv1", "--channel", 0, "--place", "centre", "--set", "steps=10", "--out", out
    )
    assert status == 0
    assert Image.open(out).size == (11, 11)


def test_a_target_is_a_class_of_the_last_layer_before_the_softmax(run, tmp_path):
    out = tmp_path / "class.png"
    status, said, _ = run("--target", 340, "--set", "steps=10", "--out", out)
    assert status == 0
    assert "for class 340, zebra: its logit goes from" in said
    assert Image.open(out).size == (227, 227)


def test_help_lists_the_parameters(run):
    status, said, _ = run("--help")
    assert status == 0
    for parameter in PARAMETERS:
        assert f"{parameter.name} " in said
        assert f"({parameter.low:g} to {parameter.high:g})" in said


USAGE = {
    "nothing to visualise": ("", "Say what to visualise"),
    "no channel": ("--layer conv5", "Say what to visualise"),
    "a class and a layer": ("--target 3 --layer conv5", "leave --layer and --channel out"),
    "unknown layer": ("--layer conv9 --channel 0", "has no layer 'conv9'"),
    "unknown channel": ("--layer conv5 --channel 256", "conv5 has no channel 256"),
    "unknown class": ("--target 1000", "fc8 has no unit 1000"),
    "probabilities": ("--layer prob --channel 0", "choose fc8 instead"),
    "unknown place": ("--layer conv5 --channel 0 --place corner", "There is no place 'corner'"),
    "a unit's centre": ("--layer fc6 --channel 0 --place centre", "without a place"),
    "unknown parameter": ("--target 3 --set colour=1", "has no parameter 'colour'"),
    "too many steps": ("--target 3 --set steps=5000", "must be from 10 to 1000, not 5000"),
    "no number": ("--target 3 --set steps", "--set takes NAME=NUMBER, for example steps=300"),
}


@pytest.mark.parametrize(("line", "message"), USAGE.values(), ids=USAGE.keys())
def test_bad_input_gets_one_line_and_status_2(run, tmp_path, line, message):
    status, said, complaint = run(*line.split(), "--out", tmp_path / "unit.png")
    assert (status, said) == (2, "")
    assert len(complaint.splitlines()) == 1
    assert message in complaint
    assert list(tmp_path.iterdir()) == []


def test_another_kind_of_file_is_refused_before_any_work(run, tmp_path):
    status, _, complaint = run("--target", 3, "--out", tmp_path / "unit.jpg")
    assert status == 2
    assert "ends in .png" in complaint
