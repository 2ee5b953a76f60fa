"""Commands get unknown names, and names of files that cannot be encoded."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.__main__ import main
from model.architectures import ARCHITECTURES

from .command_line import CAT, ROOT
from .pictures import colours, encoded

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
def test_an_unknown_architecture(run, tmp_path, command, rest):
    words = rest.format(cat=CAT, dir=tmp_path).split()
    done = run(command, *words, "--architecture", "foo")
    assert (done.status, done.out) == (2, "")
    there_are = ", ".join(ARCHITECTURES)
    assert done.error_lines == [f"There is no architecture 'foo'. Choose one of: {there_are}."]
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_device_is_the_only_error_that_is_printed(run, tmp_path, monkeypatch):
    """The command must not announce random weights that are then not used."""
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    done = run("predict", CAT, "--architecture", "alexnet-cifar10", "--device", "tpu")
    assert done.status == 2
    assert [line.split(".")[0] for line in done.error_lines] == ["There is no device 'tpu'"]


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a folder with a photo whose name is in Latin-1, as on old disks."""
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(encoded(colours()))
    except OSError:
        pytest.skip("this file system only takes names that are UTF-8")
    return tmp_path


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_file_name_that_is_not_utf_8(folder, output):
    """With most locales, standard output refuses characters that it cannot encode."""
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    command = [sys.executable, "-m", "model", "predict", str(folder), "--format", output]
    done = subprocess.run(command, cwd=ROOT, env=strict, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    if output == "json":
        [entry] = json.loads(done.stdout)
        assert entry["image"] == str(folder / os.fsdecode(b"caf\xe9.png"))
    else:
        assert b"caf\\udce9.png" in done.stdout


def test_output_need_not_be_a_terminal(monkeypatch):
    """Notebooks and tests replace standard output by an object of another class."""
    caught = io.StringIO()
    monkeypatch.setattr(sys, "stdout", caught)
    assert main(["describe"]) == 0
    assert caught.getvalue().startswith("layer ")
