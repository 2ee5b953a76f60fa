"""Questions of the quiz about a photo are right, and their pictures are different enough to be told apart."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES
from model.predict import labels
from model.preprocess import Photo
from model.quiz import LEVELS, Chance, ask
from model.quiz.seen import ALIKE, filter_of_map, first_guess, heat_map_of

from .quiz_subjects import invented, subject_of


def test_the_first_guess_is_the_network_s(network: AlexNet, photo: Photo):
    subject = subject_of(network, photo)
    best = labels(network.architecture)[int(network(network.prepare(photo)).argmax())]
    for turn in range(10):
        asked = first_guess(subject, Chance("any", turn))
        assert asked is not None
        assert asked.choices[asked.answer] == best
        assert np.array_equal(asked.pictures[0], subject.crop)


@pytest.mark.parametrize("classes", [1, 2, 3, 5])
def test_any_number_of_classes(classes: int):
    whole = invented(ARCHITECTURES["alexnet-cifar10"])
    subject = replace(
        whole, labels=[f"class {i}" for i in range(classes)], probabilities=whole.probabilities[:classes]
    )
    asked, heat = first_guess(subject, Chance("any", 0)), heat_map_of(subject, Chance("any", 0))
    assert (asked is None) == (heat is None) == (classes == 1)
    if asked is not None:
        assert len(asked.choices) == min(4, classes)
    for level in LEVELS:
        assert ask(subject, level, 1).level == level


def test_the_map_is_the_filter_s_and_differs_from_the_others(network: AlexNet, photo: Photo):
    subject = subject_of(network, photo)
    positive = np.maximum(subject.maps, 0)
    for turn in range(20):
        asked = filter_of_map(subject, Chance("any", turn))
        assert asked is not None
        [of] = re.findall(r"filter (\d+) of", asked.text)
        named = dict(re.findall(r"([A-D]) to filter (\d+)", asked.worked))
        assert named[asked.choices[asked.answer]] == of
        assert len(set(named.values())) == 4
        maps = [positive[int(one)] for one in named.values()]
        assert np.corrcoef([one.ravel() for one in maps])[np.triu_indices(4, 1)].max() < 0.8
        # The picture of the right map is brightest where the filter's map is.
        picture = asked.pictures[1 + asked.answer].sum(2)
        factor = len(picture) // len(maps[0])
        row, column = np.unravel_index(positive[int(of)].argmax(), maps[0].shape)
        assert picture[row * factor, column * factor] == picture.max()


def test_the_heat_maps_are_for_their_classes_and_differ(network: AlexNet, photo: Photo):
    subject = subject_of(network, photo)
    asked = heat_map_of(subject, Chance("any", 0))
    assert asked is not None
    [wanted] = re.findall(r"is for \*\*(.+?)\*\*\?", asked.text)
    named = re.search(r"A is for \*\*(.+?)\*\* and B for \*\*(.+?)\*\*", asked.worked)
    assert named is not None
    assert named.groups()[asked.answer] == wanted
    one, other = (subject.heat_map(subject.labels.index(name)) for name in named.groups())
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] <= ALIKE


def test_no_heat_maps_are_asked_for_if_they_are_alike_or_empty():
    whole = invented(ARCHITECTURES["alexnet-2012"])
    pattern = whole.heat_map(0)
    for heat_map in (lambda target: pattern * (1 + target), lambda target: np.zeros_like(pattern)):
        subject = replace(whole, heat_map=heat_map)
        assert heat_map_of(subject, Chance("any", 0)) is None
        assert {ask(subject, "hard", 1, one).kind for one in range(1, 11)} == {
            "one tower", "wrong statement", "other rounding", "other input"
        }  # fmt: skip


def test_dead_maps_are_not_asked_for():
    whole = invented(ARCHITECTURES["alexnet-2012"])
    maps = whole.maps.copy()
    maps[:90] = -1
    for turn in range(6):
        asked = filter_of_map(replace(whole, maps=maps), Chance("any", turn))
        assert asked is not None
        assert all(int(one) >= 90 for one in re.findall(r"to filter (\d+)", asked.worked))
    assert filter_of_map(replace(whole, maps=maps - 10), Chance("any", 0)) is None
