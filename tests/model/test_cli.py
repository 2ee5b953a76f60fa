"""The command line prints what is true; for bad input it prints one line and has the exit status 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from model.__main__ import main

from .command_line import CAT, ROOT, in_a_process
from .pictures import png_bomb, valid_files

# --- help and bad input --------------------------------------------------------------------------

COMMANDS = ["", "describe", "predict", "capture", "explain", "check", "methods", "cell", "health", "weights"]
COMMANDS += [f"weights {command}" for command in ("list", "download", "verify", "import")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    done = run(*command.split(), "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"Usage: python -m model {command}".rstrip())


USAGE = {
    "no command": "",
    "unknown command": "descibe",
    "unknown option": "describe --colour",
    "unknown format": "describe --format xml",
    "csv where there is none": "health {cat} --format csv",
    "no number": "describe --input-size big",
    "too small an input": "describe --input-size 10",
    "negative input": "describe --input-size -1",
    "unknown architecture": "describe --architecture vgg",
    "surplus argument": "describe conv1",
    "no image": "predict",
    "top 0": "predict {cat} --top 0",
    "unknown method to read about": "methods lime",
    "unknown weights": "predict {cat} --weights best",
    "weights that do not fit": "predict {cat} --architecture caffenet --weights embedded",
    "weights not here": "predict {cat} --architecture alexnet-torchvision --weights torchvision",
    "unknown device": "predict {cat} --device tpu",
    "device not here": "predict {cat} --device mps",
    "missing file": "predict {dir}/missing.png",
    "folder without pictures": "predict {dir}/empty",
    "a folder name that is too long": "predict {dir}/{long}{long}",
    "text": "predict {dir}/text.jpg",
    "bomb": "predict {dir}/bomb.png",
    "damaged TIFF": "predict {dir}/damaged.tif",
    "no out": "capture {cat}",
    "out without a folder": "capture {cat} --out {dir}/missing/maps.npz",
    "out is a folder": "capture {cat} --out {dir}/folder.npz",
    "out of another kind": "capture {cat} --out {dir}/maps.npy",
    "unknown layer": "capture {cat} --out {dir}/maps.npz --layers conv1,conv9",
    "no layer": "capture {cat} --out {dir}/maps.npz --layers ,",
    "capture of text": "capture {dir}/text.jpg --out {dir}/maps.npz",
    "a file name that is too long": "capture {cat} --out {dir}/{long}.npz --layers fc8",
    "a class that no name fits": "explain {cat} --target tabbi --out {dir}/map.png",
    "maps of several photos in one picture": "explain {cat} {dir}/bomb.png --out {dir}/map.png",
    "a picture folder without a folder": "explain {cat} --out {dir}/missing/maps/",
    "a picture folder that is a file": "explain {cat} --out {dir}/text.jpg/",
    "explain a folder without photos": "explain {dir}/empty --out {dir}/maps/",
    "explain only what is no photo": "explain {dir}/text.jpg --out {dir}/maps/",
    "unknown method": "explain {cat} --method tea-leaves --out {dir}/map.png",
    "unknown class": "explain {cat} --method grad-cam --target 1000 --out {dir}/map.png",
    "negative class": "explain {cat} --method saliency --target -1 --out {dir}/map.png",
    "several maps in one picture": "explain {cat} --method grad-cam --method saliency --out {dir}/map.png",
    "from and a method": "explain --from {dir}/maps.zip --method grad-cam",
    "from nothing": "explain --from {dir}/maps.zip",
    "from what is no zip": "explain --from {cat}",
    "no photo": "explain --method grad-cam --out {dir}/map.png",
    "no file to write": "explain {cat} --method grad-cam",
    "too small a picture": "explain {cat} --method grad-cam --size 3 --out {dir}/map.png",
    "a size of numbers": "explain {cat} --method grad-cam --size 500 --out {dir}/map.npy",
    "the whole photo as numbers": "explain {cat} --whole --out {dir}/map.npy",
    "the whole photo in a zip": "explain {cat} --whole --out {dir}/maps.zip",
    "the whole photo at a size": "explain {cat} --whole --size 500 --out {dir}/map.png",
    "from and the whole photo": "explain --from {dir}/maps.zip --whole",
    "flat layer": "explain {cat} --method grad-cam --layer fc6 --out {dir}/map.png",
    "needless layer": "explain {cat} --method saliency --layer conv1 --out {dir}/map.png",
    "map of another kind": "explain {cat} --method grad-cam --out {dir}/map.jpg",
    "explain a bomb": "explain {dir}/bomb.png --method grad-cam --out {dir}/map.png",
    "check without a method": "check {cat}",
    "check of a missing file": "check {dir}/missing.png --method grad-cam",
    "check of a needless layer": "check {cat} --method saliency --layer conv1",
    "check of an unknown class": "check {cat} --method grad-cam --target 1000",
    "check with an unknown setting": "check {cat} --method saliency --set window=3",
    "a box of three numbers": "check {cat} --method grad-cam --box 1,2,3",
    "a box of words": "check {cat} --method grad-cam --box a,b,c,d",
    "an empty box": "check {cat} --method grad-cam --box 50,10,50,90",
    "a box outside": "check {cat} --method grad-cam --box 0,0,228,227",
    "no weights command": "weights",
    "unknown weights command": "weights burn",
    "download of nothing": "weights download",
    "unknown download": "weights download best",
    "verify what is made": "weights verify random",
    "verify what is not here": "weights verify bvlc",
    "import without name": "weights import {cat}",
    "import of another file": "weights import {cat} --as bvlc",
    "import of a missing file": "weights import {dir}/missing.onnx --as bvlc",
    "import where none is needed": "weights import {cat} --as embedded",
}


@pytest.fixture
def bad_inputs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path / "cache"))
    tiff = bytearray(valid_files()["tiff-deflate"])
    tiff[40:60] = b"\x99" * 20  # libtiff itself prints a warning about this
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "bomb.png").write_bytes(png_bomb())
    (tmp_path / "damaged.tif").write_bytes(tiff)
    return tmp_path


@pytest.mark.parametrize("line", USAGE.values(), ids=USAGE.keys())
def test_bad_input_gets_one_line_and_status_2(run, bad_inputs, line):
    before = sorted(bad_inputs.rglob("*"))
    done = run(*(word.format(cat=CAT, dir=bad_inputs, long="x" * 252) for word in line.split()))
    assert done.status == 2
    assert done.out == ""
    [message] = done.error_lines
    assert len(message) > 15
    assert "Traceback" not in message
    assert "None" not in message
    assert "─" not in message
    assert sorted(bad_inputs.rglob("*")) == before


def test_json_is_json_even_when_every_input_was_bad(run, bad_inputs):
    done = run("predict", bad_inputs / "text.jpg", "--format", "json")
    assert (done.status, done.json, len(done.error_lines)) == (2, [], 1)


def test_bugs_are_not_hidden(monkeypatch):
    monkeypatch.setattr("model.cli.describe.describe_layers", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["describe"])


def test_a_real_process_behaves_as_main_does():
    usage = in_a_process("capture", CAT)
    assert (usage.status, usage.out, len(usage.error_lines)) == (2, "", 1)
    assert "'--out'" in usage.err
    mixed = in_a_process("predict", CAT, "missing.png", "--format", "json")
    assert (mixed.status, len(mixed.json), len(mixed.error_lines)) == (2, 1, 1)


def test_a_reader_that_leaves_early_is_no_error():
    done = subprocess.run(
        f'"{sys.executable}" -m model describe | head -n 1',
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("layer ")
    assert done.stderr == ""
