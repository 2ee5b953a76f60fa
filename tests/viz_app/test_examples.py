"""The lessons' examples belong to the built-in weights, and have the properties that lessons claim."""

import numpy as np
import pytest

from model import capture, classify
from model.networks import get_source
from model.preprocess import read_photo_file
from model.tuning import tuning
from viz_app.lessons.derive import TRUTH
from viz_app.lessons.examples import UnknownExampleError, filled, shipped_examples
from viz_app.samples import SAMPLES


@pytest.fixture(scope="module")
def values() -> dict[str, str]:
    return dict(shipped_examples().values)


@pytest.fixture(scope="module")
def maps(network) -> dict[str, dict[str, np.ndarray]]:
    """Return the output of every layer for every sample photo."""
    photos = {name: read_photo_file(sample.path) for name, sample in SAMPLES.items()}
    return {name: capture(network, network.prepare(photo)).numpy() for name, photo in photos.items()}


def test_the_examples_were_chosen_for_the_built_in_weights():
    assert shipped_examples().weights == get_source("embedded").files[0].checksum, (
        "the weights are new: run python -m viz_app.lessons.derive"
    )


def test_the_edge_filter_ignores_colour_and_prefers_one_orientation(network, values):
    tuned, edge = tuning(network), int(values["edge.filter"])
    assert tuned.colourfulness[edge] < 0.1
    assert tuned.selectivity[edge] > np.median(tuned.selectivity)
    colour = tuned.best[0][edge]
    across = int(np.flatnonzero(tuned.orientations == int(values["edge.across"]))[0])
    _, best, frequency = tuned.best[:, edge]
    surface = tuned.amplitude[colour, edge]
    assert tuned.orientations[best] == int(values["edge.orientation"])
    assert surface[across, frequency] < 0.2 * surface[best, frequency]  # "it nearly disappears"


def test_a_grey_photo_hardly_excites_the_colour_filter(network, values):
    tuned, colour = tuning(network), int(values["colour.filter"])
    assert tuned.colourfulness[colour] > 0.8
    assert tuned.preferred_colour[colour] == values["colour.pair"] != "black-white"


def test_the_sure_prediction_is_right_and_the_mistaken_one_is_wrong(network, values):
    first = {
        name: classify(network, read_photo_file(SAMPLES[values[f"{name}.picture"]].path)).top(1)[0]
        for name in ("sure", "mistaken")
    }
    assert first["sure"].label == values["sure.label"]
    assert first["sure"].label in TRUTH[values["sure.picture"]]
    assert first["mistaken"].label == values["mistaken.label"]
    assert first["mistaken"].label not in TRUTH.get(values["mistaken.picture"], ())
    assert first["sure"].probability > first["mistaken"].probability


def test_the_object_channel_responds_to_its_photo_far_more_than_to_others(maps, values):
    channel, photo = int(values["object.channel"]), values["sure.picture"]
    peaks = {name: layers["relu5"][channel].max() for name, layers in maps.items()}
    assert peaks.pop(photo) > 1.5 * max(peaks.values())
    where = maps[photo]["relu5"][channel]
    assert where[int(values["object.row"]), int(values["object.column"])] == where.max()


def test_the_silent_channel_is_zero_for_the_cat_and_active_for_another_photo(maps, values):
    channel = int(values["silent.channel"])
    assert maps["cat"]["relu2"][channel].max() == 0
    assert maps[values["silent.picture"]]["relu2"][channel].max() > 0


def test_examples_are_filled_in_at_any_depth():
    content = {"a": ["x ${edge.filter} y", {"b": "${edge.filter}"}], "c": "$5 and ${"}
    assert filled(content, {"edge.filter": "7"}) == {"a": ["x 7 y", {"b": "7"}], "c": "$5 and ${"}
    with pytest.raises(UnknownExampleError, match=r"no example .*egde"):
        filled({"a": "${egde.filter}"}, {"edge.filter": "7"})
