"""All sample photos exist and name their author, and most of them are classified rightly."""

import pytest

from model import classify
from viz_app.cached import sample
from viz_app.samples import FOLDER, SAMPLES

# What a person may call each photo, in the words of ImageNet's classes.
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


def test_every_file_belongs_to_a_sample_with_author_and_licence():
    listed = {one.file for one in SAMPLES.values()}
    assert {path.name for path in FOLDER.iterdir()} == {*listed, "samples.toml"}
    for one in SAMPLES.values():
        assert one.author and one.licence and one.source
        assert one.path.stat().st_size < 300_000  # every clone contains them


def test_most_samples_get_a_class_that_a_person_would_name(network):
    assert set(NAMES) == set(SAMPLES)
    firsts = {name: classify(network, sample(name)).top(1)[0] for name in SAMPLES}
    right = [n for n, first in firsts.items() if first.label in NAMES[n] and first.probability >= 0.3]
    assert len(right) >= 8, firsts


def test_a_sample_without_a_fitting_class_has_a_note():
    hopeless = [name for name, names in NAMES.items() if not names]
    assert hopeless
    assert all(SAMPLES[name].note for name in hopeless)


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_colour_photos(name):
    pixels = sample(name).pixels
    assert min(pixels.shape[:2]) >= 200
    assert pixels.std((0, 1)).min() > 20
