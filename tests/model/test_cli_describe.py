"""`describe` prints the layers as they are published."""

from __future__ import annotations

import csv
import io
from itertools import takewhile

import pytest

from model.architectures import ARCHITECTURES

from .command_line import in_a_process

# Published numbers of parameters, or counts that can be checked by hand
PARAMETERS = {
    "alexnet-2012": 60_965_224,
    "alexnet-single-tower": 62_378_344,
    "alexnet-224-pad2": 60_965_224,
    "caffenet": 60_965_224,
    "alexnet-cuda-convnet": 60_965_224,
    "alexnet-torchvision": 61_100_840,
    "alexnet-cifar10": 29_585_290,
}
SHAPES_OF_THE_PAPER = {
    "conv1": [96, 55, 55],
    "pool1": [96, 27, 27],
    "conv2": [256, 27, 27],
    "pool2": [256, 13, 13],
    "conv3": [384, 13, 13],
    "conv4": [384, 13, 13],
    "conv5": [256, 13, 13],
    "pool5": [256, 6, 6],
    "flatten": [9216],
    "fc6": [4096],
    "fc7": [4096],
    "fc8": [1000],
}
KEYS = (
    *("name", "type", "input_shape", "output_shape", "kernel_size", "stride", "padding", "groups"),
    *("parameters", "macs", "activation_bytes", "receptive_field", "jump", "formula", "dilation"),
    "rounding",
)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_describe_counts_the_parameters_of_every_architecture(run, name):
    done = run("describe", "--architecture", name, "--format", "json")
    assert (done.status, done.err) == (0, "")
    assert sum(layer["parameters"] for layer in done.json) == PARAMETERS[name]
    assert all(tuple(layer) == KEYS for layer in done.json)
    table = run("describe", "--architecture", name)
    assert f"{PARAMETERS[name]:,}" in table.out
    rows = takewhile(lambda line: not line.startswith("total"), table.out.splitlines()[1:])
    assert [row.split()[0] for row in rows] == [layer["name"] for layer in done.json]
    says_so = "Its constants of LRN replace those that weights were trained with." in table.out
    assert says_so == (name == "alexnet-cuda-convnet")


def test_the_authors_program_fits_224_by_rounding_up(run):
    command = ("describe", "--architecture", "alexnet-cuda-convnet", "--format", "json")
    layers = {layer["name"]: layer for layer in run(*command).json}
    sides = [layers[name]["output_shape"][1] for name in ("conv1", "pool1", "pool2", "pool5")]
    assert sides == [55, 27, 13, 6]
    assert layers["conv1"]["formula"] == "ceil((224 + 2*0 - 11)/4) + 1 = ceil(53.25) + 1 = 55"


def test_describe_shows_the_paper_by_default(run):
    layers = {layer["name"]: layer for layer in run("describe", "--format", "json").json}
    assert {name: layers[name]["output_shape"] for name in SHAPES_OF_THE_PAPER} == SHAPES_OF_THE_PAPER
    assert layers["conv1"]["input_shape"] == [3, 227, 227]
    assert layers["conv1"]["formula"] == "floor((227 + 2*0 - 11)/4) + 1 = 55"
    assert layers["relu1"]["kernel_size"] is None


def test_describe_with_the_papers_stated_input_gives_54(run):
    layers = run("describe", "--input-size", "224", "--format", "json").json
    assert layers[0]["output_shape"] == [96, 54, 54]


def test_describe_csv_contains_the_same_as_json(run):
    rows = list(csv.DictReader(io.StringIO(run("describe", "--format", "csv").out)))
    layers = run("describe", "--format", "json").json
    assert tuple(rows[0]) == KEYS
    for row, layer in zip(rows, layers, strict=True):
        shapes = {key: "x".join(map(str, layer[key])) for key in ("input_shape", "output_shape")}
        expected = {**layer, **shapes}
        assert row == {key: "" if value is None else str(value) for key, value in expected.items()}


def test_describe_and_weights_list_do_not_import_torch():
    code = (
        "import sys; from model.__main__ import main; status = main(sys.argv[1:]); "
        "heavy = {'torch', 'streamlit', 'plotly'} & set(sys.modules); sys.exit(status or len(heavy))"
    )
    for arguments in (["describe", "--format", "json"], ["weights", "list"], ["--help"]):
        done = in_a_process(*arguments, code=code)
        assert (done.status, done.err) == (0, "")
