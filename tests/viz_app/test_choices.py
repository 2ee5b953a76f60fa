"""An address is read as it was written, and choices that do not exist are named."""

from __future__ import annotations

import math
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from model import ARCHITECTURES, METHODS
from model.editing import EDITABLE, PRESET_TITLES, PRESETS, settings
from model.layers import describe
from model.receptive_field import Box
from model.weights.sources import WEIGHTS
from viz_app.address.compound import Changes, Channels, Rectangle
from viz_app.address.kinds import NOTHING, Colour, Decimal, OneOf, SeveralOf, Switch, Whole, fold
from viz_app.address.table import CHOICES, read, write
from viz_app.samples import SAMPLES

TITLES = {name: method.title for name, method in METHODS.items()}
LAYERS = {info.name: info.output_shape[0] for info in describe(ARCHITECTURES["alexnet-2012"])}
SETTINGS = {
    layer.name: tuple(settings(layer))
    for layer in ARCHITECTURES["alexnet-2012"].layers
    if type(layer) in EDITABLE
}
SIDE = 227


@some.composite
def boxes(draw: some.DrawFn) -> Box:
    top, bottom = sorted(draw(some.lists(some.integers(0, SIDE), min_size=2, max_size=2, unique=True)))
    left, right = sorted(draw(some.lists(some.integers(0, SIDE), min_size=2, max_size=2, unique=True)))
    return Box(top, left, bottom, right)


def channels() -> some.SearchStrategy[dict[str, frozenset[int]]]:
    each = {
        layer: some.frozensets(some.integers(0, count - 1), min_size=1, max_size=40)
        for layer, count in LAYERS.items()
    }
    return some.fixed_dictionaries({}, optional=each)


def changes() -> some.SearchStrategy[dict[str, dict[str, int | None]]]:
    number = some.none() | some.integers(-1000, 10**6)
    each = {
        layer: some.dictionaries(some.sampled_from(names), number, min_size=1)
        for layer, names in SETTINGS.items()
    }
    return some.fixed_dictionaries({}, optional=each)


# For each kind: what can be chosen, and choices from it.
EXAMPLES: dict[type, tuple[Any, some.SearchStrategy[Any]]] = {
    OneOf: (TITLES, some.sampled_from(sorted(TITLES))),
    SeveralOf: (TITLES, some.lists(some.sampled_from(sorted(TITLES)), unique=True, max_size=3)),
    Whole: (range(-20, 4096), some.integers(-20, 4095)),
    Decimal: ((-1.5, 1000.0), some.floats(-1.5, 1000.0)),
    Switch: (None, some.booleans()),
    Colour: (None, some.text("0123456789abcdef", min_size=6, max_size=6).map("#{}".format)),
    Rectangle: (SIDE, some.none() | boxes()),
    Channels: (LAYERS, channels()),
    Changes: (SETTINGS, changes()),
}


@pytest.mark.parametrize("name", CHOICES)
@given(data=some.data())
def test_choices_are_read_as_they_were_written(name: str, data: some.DataObject):
    among, values = EXAMPLES[type(CHOICES[name].kind)]
    value = data.draw(values)
    reading = read(name, write(name, value), among)
    assert reading.value == value
    assert reading.unknown == ()


@pytest.mark.parametrize("kind", EXAMPLES)
@given(text=some.text(string.printable))
def test_any_text_in_an_address_is_a_choice_or_is_named(kind, text):
    """No text in an address raises an error, and none is ignored in silence."""
    among, _ = EXAMPLES[kind]
    reading = kind().read(text, among)
    assert reading.value is not NOTHING or reading.unknown


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("spelt", [str, str.upper, lambda name: name.replace("-", " "), TITLES.get])
def test_a_method_is_understood_by_its_id_and_by_its_title(method, spelt):
    assert read("method", spelt(method), TITLES).value == method


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("architecture", {name: architecture.title for name, architecture in ARCHITECTURES.items()}),
        ("weights", {name: source.title for name, source in WEIGHTS.items()}),
        ("preset", PRESET_TITLES),
        ("picture", {name: sample.title for name, sample in SAMPLES.items()}),
    ],
)
def test_every_id_and_every_title_has_one_meaning(name, titles):
    for option, title in titles.items():
        assert read(name, option, titles).value == read(name, title, titles).value == option
    assert len({fold(text) for option in titles for text in (option, titles[option])}) >= len(titles)


def test_every_preset_has_a_title():
    assert PRESETS.keys() == PRESET_TITLES.keys()


def test_a_class_is_understood_by_its_number_and_by_its_name(network):
    from model.predict import labels

    names = dict(enumerate(labels(network.architecture)))
    assert read("target", "281", names).value == read("target", "Tabby", names).value == 281
    assert read("target", "1000", names).unknown == ("1000",)


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "1e400", "9" * 5000, "-1", "96", "1.5", "many", ""])
def test_numbers_that_a_field_cannot_contain_are_named(text):
    assert read("filter", text, range(96)).unknown == (text,)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_infinite_settings_are_named(number):
    assert read("opacity", str(number), (0.0, 1.0)).value is NOTHING


def test_unknown_options_of_a_list_are_named_and_the_others_used():
    reading = read("methods", "Grad-CAM,foo,saliency,bar", TITLES)
    assert reading.value == ["grad-cam", "saliency"]
    assert reading.unknown == ("foo", "bar")
    reading = read("off", "conv1:3,5-7;conv4:9999;nothing:1", LAYERS)
    assert reading.value == {"conv1": frozenset({3, 5, 6, 7})}
    assert reading.unknown == ("conv4:9999", "nothing:1")
    reading = read("changes", "conv1:stride=3,groups=many;relu1:stride=2", SETTINGS)
    assert reading.value == {"conv1": {"stride": 3}}
    assert reading.unknown == ("conv1:groups=many", "relu1:stride=2")


@pytest.mark.parametrize("text", ["1,2,3", "5,5,5,9", "0,0,228,4", "a,b,c,d", "9,0,3,4"])
def test_a_wrong_box_is_named(text):
    assert read("box", text, SIDE).unknown == (text,)


def test_neighbouring_channels_are_written_as_a_range():
    assert write("off", {"conv1": frozenset({3, 5, 6, 7}), "conv4": frozenset()}) == "conv1:3,5-7"
    assert write("off", {}) == "none"
