"""Names that are not there, and file names that no encoding can spell, given to commands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from command_line import CAT

from model.architectures import ARCHITECTURES

COMMANDS = {
    "predict": "{cat}",
    "capture": "{cat} --out {dir}/maps.npz",
    "cell": "{cat} --layer conv1 --channel 0",
    "explain": "{cat} --method saliency --out {dir}/map.png",
    "check": "{cat} --method saliency",
    "health": "{cat}",
    "visualize": "--layer conv1 --channel 0 --out {dir}/channel.png",
}


@pytest.mark.parametrize(("command", "rest"), COMMANDS.items(), ids=COMMANDS.keys())
def test_an_architecture_that_is_not_there(run, tmp_path, command, rest):
    words = rest.format(cat=CAT, dir=tmp_path).split()
    done = run(command, *words, "--architecture", "foo")
    assert (done.status, done.out) == (2, "")
    there_are = ", ".join(ARCHITECTURES)
    assert done.error_lines == [f"There is no architecture 'foo'. Choose one of: {there_are}."]
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_is_not_there_is_all_that_is_said_about(run, tmp_path, monkeypatch):
    """No word on random weights that were then not used."""
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    done = run("predict", CAT, "--architecture", "alexnet-cifar10", "--device", "tpu")
    assert done.status == 2
    assert [line.split(".")[0] for line in done.error_lines] == ["There is no device 'tpu'"]
