"""The commands `predict`, `capture`, `cell` and `health`."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from model.activations import capture
from model.architectures import ARCHITECTURES
from model.health import batches
from model.health import health as examine
from model.predict import class_names, classify, classify_ten_crop, wordnet_ids
from model.preprocess import read_photo_file
from model.weights.sources import DEFAULT_ARCHITECTURE

from .command_line import CAT, TOY
from .pictures import colours, encoded, photograph

# --- predict -------------------------------------------------------------------------------------


def test_predict_prints_the_result_of_classify(run, network):
    done = run("predict", CAT, "--format", "json", "--device", "cpu")
    assert (done.status, done.err) == (0, "")
    [entry] = done.json
    best = classify(network, read_photo_file(CAT)).top(5)
    assert entry["image"] == CAT
    assert [list(p) for p in entry["predictions"]] == [
        ["class_index", "wordnet_id", "label", "probability", "logit"]
    ] * 5
    assert [p["class_index"] for p in entry["predictions"]] == [p.class_index for p in best]
    # The same photo is classified twice: only the order of sums may differ.
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


def test_the_csv_of_predict_contains_the_numbers_of_its_json(run, tmp_path):
    odd = tmp_path / 'a, "b"\n.png'  # every character that CSV must quote
    odd.write_bytes(encoded(colours()))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    wanted = ("predict", CAT, tmp_path, "--top", "3", "--device", "cpu", "--format")
    table, entries = run(*wanted, "csv"), run(*wanted, "json").json
    assert (table.status, len(table.error_lines)) == (2, 1)
    rows = list(csv.DictReader(io.StringIO(table.out, newline="")))
    assert list(rows[0]) == ["image", "rank", "class_index", "wordnet_id", "label", "probability", "logit"]
    assert [entry["image"] for entry in entries] == [CAT, str(odd)]
    expected = [(e["image"], rank, p) for e in entries for rank, p in enumerate(e["predictions"], start=1)]
    for row, (image, rank, prediction) in zip(rows, expected, strict=True):
        assert (row["image"], int(row["rank"])) == (image, rank)
        assert (int(row["class_index"]), row["label"]) == (prediction["class_index"], prediction["label"])
        # The same photo is classified twice: only the order of sums may differ.
        assert float(row["probability"]) == pytest.approx(prediction["probability"], abs=1e-6)
        assert float(row["logit"]) == pytest.approx(prediction["logit"], abs=1e-5)


def test_the_csv_of_no_photo_is_its_header(run, tmp_path):
    done = run("predict", tmp_path, "--format", "csv")
    assert (done.status, len(done.error_lines)) == (2, 1)
    assert done.out == "image,rank,class_index,wordnet_id,label,probability,logit\n"


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
    assert len(done.error_lines) == 4
    assert "Hidden files" in done.error_lines[1]
    lines = (done.error_lines[0], *done.error_lines[2:])
    for line, name in zip(lines, ("notes.txt", "b.jpg", "d.gif"), strict=True):
        assert str(tmp_path / name) in line


def test_predict_of_a_folder_takes_the_folders_below_it_too(run, tmp_path):
    """Photos are often sorted into one folder for each class. Hidden files are left out."""
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
    assert "contains no photos" in done.err


def test_random_weights_are_announced_if_the_user_did_not_choose_them(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path))
    done = run("predict", CAT, "--architecture", "caffenet", "--format", "json")
    assert done.status == 0
    assert len(done.json[0]["predictions"]) == 5
    [line] = done.error_lines
    assert "random" in line
    asked = run("predict", CAT, "--architecture", "caffenet", "--weights", "random")
    assert (asked.status, asked.err) == (0, "")


# --- capture -------------------------------------------------------------------------------------


def test_capture_writes_every_layer_and_prob_equals_predict(run, tmp_path):
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
    # The same activations are computed twice: only the order of sums may differ.
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
def test_the_arithmetic_of_an_activation_is_printed_beside_the_network_s_value(run, network, layer, place):
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


def test_the_json_of_a_convolution_contains_every_product(run):
    done = run("cell", CAT, "--layer", "conv1", "--channel", "3", "--format", "json").json
    patch, kernel = np.array(done["patch"]), np.array(done["kernel"])
    assert patch.size == kernel.size == 363
    assert (patch * kernel).sum() + done["bias"] == pytest.approx(done["worked"], rel=1e-6)


def test_an_activation_that_does_not_exist(run):
    done = run("cell", CAT, "--layer", "conv2", "--channel", "300")
    assert (done.status, done.out) == (2, "")
    assert done.error_lines == ["conv2 has no channel 300: choose one from 0 to 255."]


# --- health --------------------------------------------------------------------------------------


def test_health_examines_a_folder(run, network, tmp_path):
    names = []
    for i, photo in enumerate((photograph(), photograph("coffee.png"))):
        names.append(tmp_path / f"{i}{photo.suffix}")
        names[-1].write_bytes(photo.read_bytes())
    (tmp_path / "broken.png").write_bytes(b"no picture")
    done = run("health", str(tmp_path), "--device", "cpu", "--format", "json")
    assert done.status == 2
    assert "broken.png is not a photo" in done.err
    expected = examine(network, (x for name in names for x in batches(network, [read_photo_file(name)])))
    assert done.json["pictures"] == 2
    layers = {row["layer"]: row for row in done.json["layers"]}
    for relu in expected.relus:
        row = layers[relu.before]
        assert (row["dead"], row["always_on"]) == (list(relu.dead), list(relu.always_on))
        assert row["sparsity"] == relu.sparsity
    assert layers["fc8"]["sparsity"] is None


def test_health_of_one_photo_as_a_table(run):
    done = run("health", CAT)
    assert (done.status, done.err) == (0, "")
    header, *rows = done.out.splitlines()
    assert header.split() == ["layer", "units", "dead", "always_on", "sparsity", "near_duplicates"]
    assert [row.split()[0] for row in rows] == [*(f"conv{i}" for i in range(1, 6)), "fc6", "fc7", "fc8"]


@pytest.mark.parametrize("layer", ["conv1", "norm1", "pool1", "spatial_norm2", "relu5", "fc8", "prob"])
def test_the_shell_works_out_every_kind_of_layer_of_the_authors_program(run, layer):
    own = ("--architecture", "alexnet-cuda-convnet", "--layer", layer, "--channel", "3")
    done = run("cell", CAT, *own)
    assert (done.status, done.err) == (0, "")
    worked, captured = (float(line.split()[-1]) for line in done.out.splitlines()[-2:])
    assert worked == pytest.approx(captured, rel=1e-4, abs=1e-6)  # float64 beside the network's float32


def test_wordnet_ids_are_imagenets_and_no_others(run):
    """ImageNet's classes are sorted by their WordNet ids. The four known ids are from WordNet 3.0."""
    ids = wordnet_ids(ARCHITECTURES["alexnet-2012"])
    assert len(set(ids)) == 1000
    assert list(ids) == sorted(ids)
    names = dict(zip(ids, class_names("imagenet"), strict=True))
    known = {"n01440764": "tench", "n02123045": "tabby", "n07753592": "banana", "n15075141": "toilet tissue"}
    assert {key: names[key] for key in known} == known
    assert wordnet_ids(ARCHITECTURES["alexnet-cifar10"]) == ()
    [entry] = run("predict", CAT, "--top", "1", "--format", "json").json
    assert names[entry["predictions"][0]["wordnet_id"]] == entry["predictions"][0]["label"]
    [entry] = run("predict", CAT, "--top", "1", "--format", "json", *TOY).json
    assert entry["predictions"][0]["wordnet_id"] is None
