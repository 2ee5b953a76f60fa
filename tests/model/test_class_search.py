"""Classes are found by number, by name, or by a part of a name that fits one class only."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from model.architectures import ARCHITECTURES
from model.class_search import find_class, find_target
from model.errors import UserError
from model.predict import class_names

from ..own_network import CLASSES, own_network
from .command_line import CAT

IMAGENET = class_names("imagenet")
OWN = ("Tabby", "fire-truck", "tea pot", "tea pot", "teapot lid", "7")


@pytest.mark.parametrize("names", [IMAGENET, class_names("cifar10"), OWN], ids=["imagenet", "cifar10", "own"])
def test_every_class_is_found_by_its_name_or_refused_with_the_numbers_of_all_of_that_name(names):
    for index, name in enumerate(names):
        same = [i for i, other in enumerate(names) if other.casefold() == name.casefold()]
        spellings = (name, name.upper(), name.replace(" ", "_"), name.replace(" ", ""), f" {name}-")
        for typed in spellings:
            if same == [index]:
                assert find_class(typed, names) == index
                continue
            with pytest.raises(UserError) as refused:
                find_class(typed, names)
            assert all(f"({i})" in str(refused.value) for i in same)
            assert "give the number" in str(refused.value)


def test_a_part_of_a_name_is_enough_if_it_fits_one_class():
    assert find_class("siamese", IMAGENET) == IMAGENET.index("Siamese cat")
    assert find_class("ram", IMAGENET) == IMAGENET.index("ram")  # "Madagascar cat" has other words
    assert find_class("fire", OWN) == 1
    assert find_class("truc", OWN) == 1


def test_for_an_ambiguous_name_all_that_it_can_mean_are_listed():
    with pytest.raises(UserError) as refused:
        find_class("cat", IMAGENET)
    cats = [f"{name} ({i})" for i, name in enumerate(IMAGENET) if "cat" in name.split()]
    assert len(cats) > 2
    expected = f"'cat' can mean {', '.join(cats)}; give one of these names or the number."
    assert str(refused.value) == expected


def test_a_long_list_of_classes_is_cut():
    with pytest.raises(UserError, match=r"\(0\).* and \d+ more; give one of these names or the number"):
        find_class("n", IMAGENET)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (
            "tabbi",
            "There is no class 'tabbi'. Do you mean tabby (281)? Give the name of a class or its number, ",
        ),
        ("xqz", "There is no class 'xqz'. Give the name of a class or its number, 0 to 999."),
        ("_", "The name of the class is empty."),
    ],
)
def test_an_unknown_name_is_refused_with_similar_ones(typed, message):
    with pytest.raises(UserError) as refused:
        find_class(typed, IMAGENET)
    assert str(refused.value).startswith(message)


def test_a_number_is_an_index_even_where_names_are_numbers():
    digits = replace(ARCHITECTURES["alexnet-cifar10"], classes=tuple("9876543210"))
    assert find_target(digits, "9") == 9
    assert find_target(ARCHITECTURES["alexnet-2012"], " 281 ") == 281
    for beyond in ("-1", "1000", "1" * 5000):
        with pytest.raises(UserError, match="There is no class"):
            find_target(ARCHITECTURES["alexnet-2012"], beyond)


# --- in the shell --------------------------------------------------------------------------------


def test_a_heat_map_by_name_is_the_one_by_number(run, tmp_path):
    for typed, out in (("Tiger_Cat", "name.npy"), ("282", "number.npy")):
        done = run("explain", CAT, "--method", "grad-cam", "--target", typed, "--out", tmp_path / out)
        assert (done.status, done.err) == (0, "")
        assert "class 282, tiger cat" in done.out
    assert np.array_equal(np.load(tmp_path / "name.npy"), np.load(tmp_path / "number.npy"))


def test_a_class_that_is_named_twice_is_explained_once(run, tmp_path):
    same = ("--target", "tabby", "--target", "281", "--target", "7")
    out = tmp_path / "maps.zip"
    assert run("explain", CAT, "--method", "grad-cam", *same, "--out", out).status == 0
    with zipfile.ZipFile(out) as archive:
        entries = json.loads(archive.read("settings.json"))["explanations"]
    assert [entry["target"] for entry in entries] == [281, 7]


TARGETS = {
    "explain": "explain {cat} --method grad-cam --target {target} --out {dir}/map.png",
    "check": "check {cat} --method grad-cam --target {target}",
    "visualize": "visualize --target {target} --out {dir}/unit.png",
}


@pytest.mark.parametrize("command", TARGETS.values(), ids=TARGETS.keys())
@pytest.mark.parametrize(("typed", "message"), [("tige", "can mean"), ("tabbi", "Do you mean tabby (281)")])
def test_every_command_with_a_target_refuses_a_name_before_the_work(run, tmp_path, command, typed, message):
    words = [word.format(cat=CAT, target=typed, dir=tmp_path) for word in command.split()]
    done = run(*words)
    assert (done.status, done.out) == (2, "")
    [line] = done.error_lines
    assert message in line
    assert list(tmp_path.iterdir()) == []


def test_check_and_visualize_take_a_name(run, tmp_path):
    checked = run("check", CAT, "--method", "grad-cam", "--target", "tiger cat", "--format", "json")
    assert checked.json["target"]["class_index"] == 282
    few = ("--set", "steps=10")
    made = run("visualize", "--target", "tiger_cat", *few, "--out", tmp_path / "unit.png")
    assert "class 282, tiger cat" in made.out


def test_the_classes_of_an_own_network_are_found_by_their_names(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ALEXNET_CACHE", str(tmp_path / "cache"))
    own_network(tmp_path, "mine")
    mine = ("explain", CAT, "--method", "saliency", "--architecture", "mine", "--out", tmp_path / "map.png")
    assert f"class {CLASSES.index('lines')}, lines" in run(*mine, "--target", "Lines").out
    refused = run(*mine, "--target", "s")
    listed = ", ".join(f"{name} ({index})" for index, name in enumerate(CLASSES))
    assert refused.error_lines == [f"'s' can mean {listed}; give one of these names or the number."]
