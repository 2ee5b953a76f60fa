"""The sample photographs: all there, all said whose they are, most of them named rightly."""

import pytest

from model import classify
from viz_app.cached import sample
from viz_app.samples import FOLDER, SAMPLES

# What a stranger may call each, in the words of ImageNet's classes.
NAMES = {
    "cat": {"tabby", "tiger cat", "Egyptian cat", "Persian cat"},
    "panda": {"giant panda"},
    "koala": {"koala"},
    "polar bear": {"ice bear"},
    "crocodile": {"African crocodile", "American alligator"},
    "coffee": {"espresso", "cup", "coffee mug"},
    "frying pan": {"frying pan"},
    "baseball": {"baseball"},
    "volleyball": {"volleyball"},
    "palace": {"palace"},
    "rocket": {"missile", "projectile", "space shuttle"},
    "astronaut": set(),
}


def test_every_file_belongs_to_a_sample_that_says_whose_it_is():
    listed = {one.file for one in SAMPLES.values()}
    assert {path.name for path in FOLDER.iterdir()} == {*listed, "samples.toml"}
    for one in SAMPLES.values():
        assert one.author and one.licence and one.source
        assert one.path.stat().st_size < 300_000  # they travel with every clone


def test_most_samples_are_named_as_a_stranger_would_name_them(network):
    assert set(NAMES) == set(SAMPLES)
    firsts = {name: classify(network, sample(name)).top(1)[0] for name in SAMPLES}
    right = [n for n, first in firsts.items() if first.label in NAMES[n] and first.probability >= 0.3]
    assert len(right) >= 8, firsts


def test_a_photograph_that_cannot_be_named_says_so():
    hopeless = [name for name, names in NAMES.items() if not names]
    assert hopeless
    assert all(SAMPLES[name].note for name in hopeless)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_photographs_in_colour(name):
    pixels = sample(name).pixels
    assert min(pixels.shape[:2]) >= 200
    assert pixels.std((0, 1)).min() > 20
