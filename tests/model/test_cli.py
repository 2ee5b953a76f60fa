"""The command line: what it prints is true, and bad input gets one line and the exit status 2."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from pictures import colours, encoded, photograph, png_bomb, valid_files

from model.__main__ import main
from model.activations import capture
from model.architectures import ARCHITECTURES
from model.attribution import METHODS, checks, explain
from model.attribution.pointing import point, share
from model.health import batches
from model.health import health as examine
from model.overlay import BLUE_RED, VIRIDIS, colorize, overlay
from model.predict import classify, classify_ten_crop
from model.preprocess import network_crop, read_photo_file
from model.receptive_field import Box
from model.weights.files import ASSETS
from model.weights.load import load
from model.weights.sources import DEFAULT_ARCHITECTURE, WEIGHTS

ROOT = Path(__file__).resolve().parents[2]
CAT = str(photograph())

# DESIGN.md section 4
PARAMETERS = {
    "alexnet-2012": 60_965_224,
    "alexnet-single-tower": 62_378_344,
    "alexnet-224-pad2": 60_965_224,
    "caffenet": 60_965_224,
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
)


@dataclass
class Run:
    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()


@pytest.fixture
def run(capfd):
    """Runs a command line in this process; also catches what C libraries print."""

    def run_command(*arguments: str | Path) -> Run:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        return Run(status, *capfd.readouterr())

    return run_command


@pytest.fixture(scope="module")
def network():
    return load()


def in_a_process(*arguments: str, code: str | None = None) -> Run:
    start = ["-c", code] if code else ["-m", "model"]
    done = subprocess.run(
        [sys.executable, *start, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr)


# --- describe ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_describe_counts_the_parameters_of_every_architecture(run, name):
    done = run("describe", "--architecture", name, "--format", "json")
    assert (done.status, done.err) == (0, "")
    assert sum(layer["parameters"] for layer in done.json) == PARAMETERS[name]
    assert all(tuple(layer) == KEYS for layer in done.json)
    table = run("describe", "--architecture", name)
    assert f"{PARAMETERS[name]:,}" in table.out
    assert [line.split()[0] for line in table.out.splitlines()[1:-3]] == [x["name"] for x in done.json]


def test_describe_shows_the_paper_by_default(run):
    layers = {layer["name"]: layer for layer in run("describe", "--format", "json").json}
    assert {name: layers[name]["output_shape"] for name in SHAPES_OF_THE_PAPER} == SHAPES_OF_THE_PAPER
    assert layers["conv1"]["input_shape"] == [3, 227, 227]
    assert layers["conv1"]["formula"] == "floor((227 + 2*0 - 11)/4) + 1 = 55"
    assert layers["relu1"]["kernel_size"] is None


def test_describe_with_the_papers_stated_input_gives_54(run):
    layers = run("describe", "--input-size", "224", "--format", "json").json
    assert layers[0]["output_shape"] == [96, 54, 54]


def test_describe_csv_holds_the_same_as_json(run):
    rows = list(csv.DictReader(io.StringIO(run("describe", "--format", "csv").out)))
    layers = run("describe", "--format", "json").json
    assert tuple(rows[0]) == KEYS
    for row, layer in zip(rows, layers, strict=True):
        shapes = {key: "x".join(map(str, layer[key])) for key in ("input_shape", "output_shape")}
        expected = {**layer, **shapes}
        assert row == {key: "" if value is None else str(value) for key, value in expected.items()}


def test_describe_and_weights_list_do_without_torch():
    code = (
        "import sys; from model.__main__ import main; status = main(sys.argv[1:]); "
        "heavy = {'torch', 'streamlit', 'plotly'} & set(sys.modules); sys.exit(status or len(heavy))"
    )
    for arguments in (["describe", "--format", "json"], ["weights", "list"], ["--help"]):
        done = in_a_process(*arguments, code=code)
        assert (done.status, done.err) == (0, "")


# --- predict -------------------------------------------------------------------------------------


def test_predict_says_what_classify_says(run, network):
    done = run("predict", CAT, "--format", "json", "--device", "cpu")
    assert (done.status, done.err) == (0, "")
    [entry] = done.json
    best = classify(network, read_photo_file(CAT)).top(5)
    assert entry["image"] == CAT
    assert [list(p) for p in entry["predictions"]] == [["class_index", "label", "probability", "logit"]] * 5
    assert [p["class_index"] for p in entry["predictions"]] == [p.class_index for p in best]
    # The same weights and picture twice: only the order of the CPU's sums may differ.
    for theirs, ours in zip(entry["predictions"], best, strict=True):
        assert theirs["label"] == ours.label
        assert theirs["probability"] == pytest.approx(ours.probability, abs=1e-6)
        assert theirs["logit"] == pytest.approx(ours.logit, abs=1e-5)
    table = run("predict", CAT, "--top", "1")
    assert table.status == 0
    assert best[0].label in table.out
    assert best[1].label not in table.out


def test_all_probabilities_sum_to_one(run):
    [entry] = run("predict", CAT, "--top", "1000", "--format", "json").json
    probabilities = [p["probability"] for p in entry["predictions"]]
    assert len(probabilities) == 1000
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert probabilities == sorted(probabilities, reverse=True)


def test_predict_ten_crop(run, network):
    [entry] = run("predict", CAT, "--ten-crop", "--top", "1", "--format", "json").json
    [best] = classify_ten_crop(network, read_photo_file(CAT)).top(1)
    assert entry["predictions"][0]["class_index"] == best.class_index
    assert entry["predictions"][0]["probability"] == pytest.approx(best.probability, abs=1e-6)


def test_predict_of_a_folder_goes_on_after_a_bad_file(run, tmp_path):
    for name, data in {
        "a.png": encoded(colours()),
        "b.jpg": b"not a picture",
        "C.JPG": encoded(colours(), "JPEG"),
        "d.gif": b"",
        ".hidden.png": b"",
        "notes.txt": b"not for us",
    }.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder.png").mkdir()
    done = run("predict", tmp_path, "--format", "json")
    assert done.status == 2
    assert [entry["image"] for entry in done.json] == [str(tmp_path / "C.JPG"), str(tmp_path / "a.png")]
    assert len(done.error_lines) == 2
    for line, name in zip(done.error_lines, ("b.jpg", "d.gif"), strict=True):
        assert str(tmp_path / name) in line


def test_predict_of_a_folder_takes_the_folders_below_it_too(run, tmp_path):
    """As photographs sorted by class lie on disk; what is hidden stays so."""
    for folder in ("cats/siamese", "dogs", ".thumbnails"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.png").write_bytes(encoded(colours()))
    done = run("predict", tmp_path, "--format", "json")
    assert done.status == 0
    below = [tmp_path / "cats/siamese/a.png", tmp_path / "dogs/a.png"]
    assert [entry["image"] for entry in done.json] == [str(path) for path in below]


def test_predict_of_good_and_missing_files(run, tmp_path):
    done = run("predict", tmp_path / "missing.png", CAT, tmp_path, "--format", "json")
    assert done.status == 2
    assert [entry["image"] for entry in done.json] == [CAT]
    assert len(done.error_lines) == 2
    assert "missing.png cannot be read" in done.err
    assert "holds no pictures" in done.err


def test_untrained_weights_are_announced_when_nobody_asked_for_them(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    done = run("predict", CAT, "--architecture", "alexnet-cifar10", "--format", "json")
    assert done.status == 0
    assert len(done.json[0]["predictions"]) == 5
    [line] = done.error_lines
    assert "random" in line
    asked = run("predict", CAT, "--architecture", "alexnet-cifar10", "--weights", "random")
    assert (asked.status, asked.err) == (0, "")


# --- capture -------------------------------------------------------------------------------------


def test_capture_holds_every_layer_and_its_prob_is_what_predict_says(run, tmp_path):
    done = run("capture", CAT, "--out", tmp_path / "maps.npz")
    assert (done.status, done.err) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["maps.npz"]
    described = run("describe", "--architecture", DEFAULT_ARCHITECTURE, "--format", "json").json
    [entry] = run("predict", CAT, "--top", "1000", "--format", "json").json
    with np.load(tmp_path / "maps.npz") as maps:
        assert list(maps) == [layer["name"] for layer in described]
        for layer in described:
            assert list(maps[layer["name"]].shape) == layer["output_shape"]
            assert maps[layer["name"]].dtype == np.float32
        assert maps["conv1"].min() < 0 <= maps["relu1"].min()
        prob = maps["prob"]
    # The same sums in the same network: nothing but their order on the CPU may differ.
    for prediction in entry["predictions"]:
        assert prob[prediction["class_index"]] == pytest.approx(prediction["probability"], abs=1e-6)


def test_capture_of_some_layers_replaces_an_old_file(run, tmp_path):
    out = tmp_path / "maps.npz"
    out.write_bytes(b"old")
    assert run("capture", CAT, "--out", out, "--layers", "relu5, conv1").status == 0
    with np.load(out) as maps:
        assert set(maps) == {"conv1", "relu5"}


def test_a_capture_that_fails_leaves_the_old_file_alone(run, tmp_path):
    out = tmp_path / "maps.npz"
    out.write_bytes(b"old")
    assert run("capture", CAT, "--out", out, "--layers", "conv9").status == 2
    assert out.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


# --- explain -------------------------------------------------------------------------------------


def test_explain_npy_is_the_heatmap_of_the_predicted_class(run, network, tmp_path):
    out = tmp_path / "map.npy"
    done = run("explain", CAT, "--method", "saliency", "--device", "cpu", "--out", out)
    assert (done.status, done.err) == (0, "")
    photo = read_photo_file(CAT)
    best = classify(network, photo).top(1)[0]
    assert best.label in done.out
    heatmap = np.load(out)
    assert heatmap.dtype == np.float32
    expected = explain(network, network.prepare(photo), "saliency", best.class_index).heatmap
    # The same computation twice; gradients of float32 sums repeat to about 1e-6 of the largest value.
    np.testing.assert_allclose(heatmap, expected, atol=1e-5 * expected.max())


def test_explain_png_is_the_heatmap_over_the_crop_and_follows_target_and_layer(run, network, tmp_path):
    out = tmp_path / "map.png"
    options = ("--method", "grad-cam", "--layer", "relu3", "--target", "7", "--out", out)
    assert run("explain", CAT, *options).status == 0
    photo = read_photo_file(CAT)
    expected = explain(network, network.prepare(photo), "grad-cam", 7, "relu3").normalized
    laid = overlay(network_crop(photo, network.architecture), expected)
    picture = np.asarray(Image.open(out)).astype(int)
    assert np.abs(picture - laid).max() <= 1  # one level, where a rounding tips over


def test_explain_says_when_nothing_speaks_for_the_class(run, network, tmp_path):
    black = tmp_path / "black.png"
    black.write_bytes(encoded(Image.new("RGB", (300, 300))))
    x = network.prepare(read_photo_file(black))
    target = next(t for t in range(1000) if not explain(network, x, "grad-cam", t, "relu5").has_evidence)
    out = tmp_path / "map.png"
    done = run("explain", black, "--method", "grad-cam", "--target", str(target), "--out", out)
    assert done.status == 0
    [line] = done.error_lines
    assert "no positive evidence" in line
    nothing = overlay(np.zeros((227, 227, 3), np.uint8), np.zeros((227, 227)))
    assert np.array_equal(np.asarray(Image.open(out)), nothing)


def test_a_zip_holds_what_makes_its_maps_again(run, tmp_path):
    out = tmp_path / "maps.zip"
    wanted = ("--method", "grad-cam", "--method", "smoothgrad", "--target", "281", "--target", "7")
    assert run("explain", CAT, *wanted, "--out", out).status == 0
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path / "unpacked")
    for earlier in (out, tmp_path / "unpacked" / "settings.json"):
        done = run("explain", "--from", earlier, "--out", tmp_path / "again.zip")
        assert (done.status, done.err) == (0, "")
        # On the same machine the same numbers; another order of float32 sums would be named.
        assert done.out.count("same map") == 4
    with zipfile.ZipFile(tmp_path / "again.zip") as archive:
        again = json.loads(archive.read("settings.json"))
    assert again == json.loads((tmp_path / "unpacked" / "settings.json").read_text())


def test_a_changed_map_in_a_zip_is_told_from_the_one_made_again(run, tmp_path):
    out = tmp_path / "maps.zip"
    assert run("explain", CAT, "--method", "grad-cam", "--target", "281", "--out", out).status == 0
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path)
    file = tmp_path / "1-grad-cam-281.npy"
    values = np.load(file)
    values[0, 0] += 0.5 * values.max()
    np.save(file, values)
    assert "within 0.5 of its largest value" in run("explain", "--from", tmp_path / "settings.json").out


def test_explain_at_a_chosen_size(run, tmp_path):
    out = tmp_path / "map.png"
    assert run("explain", CAT, "--method", "grad-cam", "--size", "500", "--out", out).status == 0
    assert Image.open(out).size == (500, 500)


# --- check ---------------------------------------------------------------------------------------

TOY = ("--architecture", "alexnet-cifar10", "--weights", "random", "--device", "cpu")


def test_check_says_what_the_checks_say(run, network):
    box, where = Box(30, 40, 130, 160), ("--box", "40,30,160,130")
    done = run("check", CAT, "--method", "grad-cam", "--target", "282", *where, "--format", "json")
    assert (done.status, done.err) == (0, "")
    x = network.prepare(read_photo_file(CAT))
    found = explain(network, x, "grad-cam", 282)
    heatmap = found.heatmap
    ours, chance = checks.curves(network, x, heatmap, 282), checks.yardstick(network, x, found)
    # The same computation twice: only the order of the CPU's sums may differ.
    for name in ("deletion", "insertion"):
        assert done.json[name]["area"] == pytest.approx(getattr(ours, name).area, abs=1e-5)
        by_chance = getattr(chance, name)
        assert done.json[name]["mean_area_of_shuffled_maps"] == pytest.approx(by_chance.area, abs=1e-5)
        assert done.json[name]["spread_of_shuffled_maps"] == pytest.approx(by_chance.spread, abs=1e-5)
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
    # Ranks of values that are nearly equal may swap when sums are taken in another order.
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
    assert "holds 100.0% of the map" in done.out
    assert "on 100.0% of the picture" in done.out


# --- weights -------------------------------------------------------------------------------------


def test_weights_list_knows_what_is_on_this_machine(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    sources = {source["name"]: source for source in run("weights", "list", "--format", "json").json}
    assert list(sources) == list(WEIGHTS)
    here = {name: source["on_this_machine"] for name, source in sources.items()}
    assert here == {"embedded": True, "bvlc": False, "torchvision": False, "random": True}
    (tmp_path / WEIGHTS["torchvision"].files[0].file_name).touch()
    sources = {source["name"]: source for source in run("weights", "list", "--format", "json").json}
    assert sources["torchvision"]["on_this_machine"]
    table = run("weights", "list").out
    for source in WEIGHTS.values():
        assert source.name in table
        assert source.licence in table


def test_weights_verify_reads_the_file(run, tmp_path, monkeypatch):
    done = run("weights", "verify", "embedded")
    assert (done.status, done.err) == (0, "")
    assert str(ASSETS) in done.out
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    (tmp_path / WEIGHTS["bvlc"].files[0].file_name).write_bytes(b"something else")
    wrong = run("weights", "verify", "bvlc")
    assert wrong.status == 2
    assert "not the file it should be" in wrong.err


# --- health --------------------------------------------------------------------------------------


def test_health_examines_a_folder(run, network, tmp_path):
    names = []
    for i, photo in enumerate((photograph(), photograph("coffee.png"))):
        names.append(tmp_path / f"{i}{photo.suffix}")
        names[-1].write_bytes(photo.read_bytes())
    (tmp_path / "broken.png").write_bytes(b"no picture")
    done = run("health", str(tmp_path), "--device", "cpu", "--format", "json")
    assert done.status == 2
    assert "broken.png is not a picture" in done.err
    expected = examine(network, (x for name in names for x in batches(network, [read_photo_file(name)])))
    assert done.json["pictures"] == 2
    layers = {row["layer"]: row for row in done.json["layers"]}
    for relu in expected.relus:
        row = layers[relu.before]
        assert (row["dead"], row["always_on"]) == (list(relu.dead), list(relu.saturated))
        assert row["sparsity"] == relu.sparsity
    assert layers["fc8"]["sparsity"] is None


def test_health_of_one_photo_as_a_table(run):
    done = run("health", CAT)
    assert (done.status, done.err) == (0, "")
    header, *rows = done.out.splitlines()
    assert header.split() == ["layer", "units", "dead", "always_on", "sparsity", "near_duplicates"]
    assert [row.split()[0] for row in rows] == [*(f"conv{i}" for i in range(1, 6)), "fc6", "fc7", "fc8"]


# --- methods -------------------------------------------------------------------------------------


def test_methods_are_listed_as_a_table(run):
    header, *rows = run("methods").out.splitlines()
    assert header.split() == ["name", "title", "layer", "signed", "class", "cost", "parameters"]
    for row, method in zip(rows, METHODS.values(), strict=True):
        assert row.startswith(f"{method.name} ")
        assert method.title in row
        assert all(f"{parameter.name}={parameter.default:g}" in row for parameter in method.parameters)


def test_methods_as_json_hold_the_entries(run):
    for found, method in zip(run("methods", "--format", "json").json, METHODS.values(), strict=True):
        parameters = found.pop("parameters")
        assert all(value == getattr(method, key) for key, value in found.items())
        for values, parameter in zip(parameters, method.parameters, strict=True):
            assert all(value == getattr(parameter, key) for key, value in values.items())


@pytest.mark.parametrize("name", METHODS)
def test_the_documentation_of_a_method_is_its_entry_in_plain_text(run, name):
    method, done = METHODS[name], run("methods", name)
    assert (done.status, done.err) == (0, "")
    printed = " ".join(done.out.split())
    for words in (method.title, method.meaning, method.formula, method.caveat, method.paper):
        assert " ".join(words.split()) in printed
    assert " ".join(method.explanation.replace("*", "").split()) in printed
    for p in method.parameters:
        assert f"{p.name} {p.title} (from {p.low:g} to {p.high:g}, usually {p.default:g})" in printed
    assert run("methods", name, "--format", "json").json["explanation"] == method.explanation


# --- help and bad input --------------------------------------------------------------------------

COMMANDS = ["", "describe", "predict", "capture", "explain", "check", "methods", "cell", "health", "weights"]
COMMANDS += [f"weights {command}" for command in ("list", "download", "verify", "import")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    done = run(*command.split(), "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"Usage: python -m model {command}".rstrip())


@pytest.mark.parametrize("command", ["explain", "check"])
def test_help_of_commands_that_explain_is_built_from_the_methods(run, command):
    words = run(command, "--help").out.split()
    for method in METHODS.values():
        meaning = method.meaning.split()
        assert method.name in words
        # Long words are broken at their hyphens.
        assert " ".join(meaning) in " ".join(words).replace("- ", "-")


USAGE = {
    "no command": "",
    "unknown command": "descibe",
    "unknown option": "describe --colour",
    "unknown format": "describe --format xml",
    "csv where there is none": "predict {cat} --format csv",
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
    "no method": "explain {cat} --out {dir}/map.png",
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
    tiff[40:60] = b"\x99" * 20  # libtiff complains about this on its own
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


def test_programming_errors_are_not_hidden(monkeypatch):
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


def test_settings_of_a_method_are_used_and_checked(run, network, tmp_path):
    out = tmp_path / "map.npy"
    coarse = ("--set", "window=100", "--set", "stride=60")
    done = run("explain", CAT, "--method", "occlusion", "--target", "282", *coarse, "--out", out)
    assert (done.status, done.err) == (0, "")
    x = network.prepare(read_photo_file(CAT))
    wanted = explain(network, x, "occlusion", 282, settings={"window": 100, "stride": 60})
    assert np.allclose(np.load(out), wanted.heatmap, rtol=1e-4, atol=1e-5)
    mistakes = {"window=1": "must be from 8 to 120", "window": "NAME=NUMBER", "w=3": "no parameter"}
    for bad, message in mistakes.items():
        done = run("explain", CAT, "--method", "occlusion", "--set", bad, "--out", out)
        assert done.status == 2
        assert message in done.err
        assert len(done.error_lines) == 1


# --- cell ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "place"),
    [
        ("conv1", (3, 20, 21)),
        ("relu1", (3, 20, 21)),
        ("norm1", (3, 20, 21)),
        ("pool1", (3, 20, 21)),
        ("conv4", (100, 0, 12)),
        ("flatten", (9000, 0, 0)),
        ("fc6", (77, 0, 0)),
        ("drop6", (77, 0, 0)),
        ("prob", (281, 0, 0)),
    ],
)
def test_a_cell_is_worked_out_beside_the_network_s(run, network, layer, place):
    where = [
        str(part) for pair in zip(("--channel", "--row", "--column"), place, strict=True) for part in pair
    ]
    done = run("cell", CAT, "--layer", layer, *where, "--format", "json")
    assert (done.status, done.err) == (0, "")
    maps = capture(network, network.prepare(read_photo_file(CAT)))[layer]
    wanted = float(maps[place if maps.ndim == 3 else place[0]])
    assert done.json["captured"] == pytest.approx(wanted, rel=1e-6)
    assert done.json["worked"] == pytest.approx(wanted, rel=1e-4, abs=1e-6)
    table = run("cell", CAT, "--layer", layer, *where)
    assert table.out.splitlines()[-1].split()[-1] == f"{wanted:.7g}"


def test_a_convolution_s_json_holds_every_product(run):
    done = run("cell", CAT, "--layer", "conv1", "--channel", "3", "--format", "json").json
    patch, kernel = np.array(done["patch"]), np.array(done["kernel"])
    assert patch.size == kernel.size == 363
    assert (patch * kernel).sum() + done["bias"] == pytest.approx(done["worked"], rel=1e-6)


def test_a_cell_that_is_not_there(run):
    done = run("cell", CAT, "--layer", "conv2", "--channel", "300")
    assert (done.status, done.out) == (2, "")
    assert done.error_lines == ["conv2 has no channel 300: choose one from 0 to 255."]


# --- train ---------------------------------------------------------------------------------------


def test_training_without_pictures_is_told_which_ones(run):
    done = run("train", "distill", "--images", "nowhere")
    assert (done.status, len(done.error_lines)) == (2, 1)
    assert "nowhere is not there" in done.err


def test_training_without_its_packages_says_how_to_get_them(run, monkeypatch, tmp_path):
    for name in [name for name in sys.modules if name.startswith("model.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cv2", None)
    done = run("train", "distill", "--images", tmp_path)
    assert (done.status, len(done.error_lines)) == (2, 1)
    assert "requirements-train.txt" in done.err


# --- the colours of heatmaps ---------------------------------------------------------------------


def test_colours_meet_their_published_anchors_and_run_straight_between_them():
    for anchors, low, signed in ((VIRIDIS, 0, False), (BLUE_RED, -1, True)):
        published = np.array([list(bytes.fromhex(colour[1:])) for colour in anchors])
        positions = np.linspace(low, 1, len(anchors))
        assert np.array_equal(colorize(positions, signed=signed), published)
        between = colorize((positions[:-1] + positions[1:]) / 2, signed=signed)
        assert np.abs(between - (published[:-1] + published[1:]) / 2).max() <= 0.5
        assert np.array_equal(colorize(np.array([low - 5, 7]), signed=signed), published[[0, -1]])


def test_viridis_grows_lighter_all_the_way():
    luminance = colorize(np.linspace(0, 1, 100)) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(luminance) > 0).all()


def test_overlay_mixes_picture_and_colour():
    pixels = np.asarray(colours())
    everywhere, nowhere = np.ones(pixels.shape[:2]), np.zeros(pixels.shape[:2])
    assert np.array_equal(overlay(pixels, everywhere, 0), pixels)
    assert np.array_equal(overlay(pixels, everywhere, 1), colorize(everywhere))
    assert np.array_equal(overlay(pixels, nowhere, 1), pixels), "no evidence, no colour"
    half = (pixels.astype(float) + colorize(everywhere)) / 2
    assert np.abs(overlay(pixels, everywhere, 0.5) - half).max() <= 0.5
