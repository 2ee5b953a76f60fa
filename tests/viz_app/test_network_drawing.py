"""The diagram of the network shows every layer of every architecture, and its texts are true."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from model import ARCHITECTURES, capture, classify, describe
from model.editing import edited
from model.preprocess import network_crop
from viz_app.draw.network.facts import facts, silent_channels
from viz_app.draw.network.forms import ACROSS, DOWN, SLIM
from viz_app.draw.network.pictures import drawn_channels, pictures, strongest, with_pictures
from viz_app.draw.network.stages import stages
from viz_app.draw.network.style import COLOUR, GREY
from viz_app.draw.network.svg import draw

SVG = "{http://www.w3.org/2000/svg}"
EVERY = [pytest.param(a, id=a.name) for a in ARCHITECTURES.values()]
FORMS = [pytest.param(form, id=form.name) for form in (ACROSS, DOWN, SLIM)]


def empty(architecture, form) -> ET.Element:
    """Return the diagram without a photo."""
    infos = describe(architecture)
    return ET.fromstring(draw(architecture, infos, facts(architecture, infos), form))


def layers(svg: ET.Element) -> dict[str, ET.Element]:
    """Return the group of each layer, by name."""
    return {group.attrib["data-layer"]: group for group in svg.iter(f"{SVG}g") if group.get("data-layer")}


def slabs(group: ET.Element) -> list[ET.Element]:
    return [part for part in group.iter(f"{SVG}rect") if part.get("class") == "slab"]


def number(part: ET.Element, name: str) -> float:
    return float(part.attrib[name])


def texts(group: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in group.iter(f"{SVG}text")]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("architecture", EVERY)
def test_every_layer_can_be_chosen_and_has_its_name(architecture, form):
    groups = layers(empty(architecture, form))
    assert list(groups) == ["input", *architecture.layer_names]
    for name, group in groups.items():
        assert name in " ".join(texts(group))
        assert group.attrib["aria-label"].startswith(f"{name}: ")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("architecture", EVERY)
def test_slabs_are_in_order_and_as_large_as_their_feature_maps(architecture, form):
    svg = empty(architecture, form)
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    main = [stage.main for stage in stages(describe(architecture))]
    groups = layers(svg)
    for info in main:
        assert len(slabs(groups[info.name])) == (architecture.towers if info.is_spatial else 1)
    for slab in itertools.chain.from_iterable(slabs(groups[info.name]) for info in main):
        assert 0 <= number(slab, "x") <= number(slab, "x") + number(slab, "width") <= width
        assert 0 <= number(slab, "y") <= number(slab, "y") + number(slab, "height") <= height
    along, length = ("y", "height") if form.down else ("x", "width")
    for earlier, later in itertools.pairwise(main):
        before, after = slabs(groups[earlier.name])[0], slabs(groups[later.name])[0]
        assert number(before, along) + number(before, length) < number(after, along)
    maps = [info for info in main if info.is_spatial]
    for earlier, later in itertools.pairwise(maps):
        larger, smaller = (_tile_side(groups[info.name]) for info in (earlier, later))
        assert (earlier.output_shape[1] > later.output_shape[1]) == (larger > smaller)


def _tile_side(group: ET.Element) -> float:
    return next(number(part, "width") for part in group.iter(f"{SVG}rect") if part.get("class") == "tile")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("architecture", EVERY)
def test_texts_are_inside_the_diagram(architecture, form):
    svg = empty(architecture, form)
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    for text in svg.iter(f"{SVG}text"):
        size = number(text, "font-size")
        length = 0.58 * size * len("".join(text.itertext()))  # mean width in a usual sans serif font
        start = {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor", "start")]
        left = number(text, "x") - start * length
        assert -2 <= left <= left + length <= width + 2, "".join(text.itertext())
        assert size <= number(text, "y") <= height - 0.25 * size


@pytest.mark.parametrize("architecture", EVERY)
def test_numbers_agree_with_describe(architecture):
    infos = describe(architecture)
    groups, about = layers(empty(architecture, ACROSS)), facts(architecture, infos)
    for info in infos:
        assert about[info.name].shape == " × ".join(f"{size:,}" for size in info.output_shape)
        said = about[info.name].parameters
        assert said == (f"{info.parameters:,} parameters" if info.parameters else "")
        if info.parameters:
            assert f"{info.parameters:,}" in texts(groups[info.name])
            assert about[info.name].formulas[-1].endswith(f" = {info.parameters:,}")
    total = sum(info.parameters for info in infos)
    assert f"{total:,} parameters" in (empty(architecture, ACROSS).findtext(f"{SVG}desc") or "")


@pytest.mark.parametrize("architecture", EVERY)
def test_formulas_are_correct(architecture):
    """The left side of each formula is its right side, where both are numbers."""
    for about in facts(architecture, describe(architecture)).values():
        for formula in about.formulas:
            left, sign, right = formula.rpartition(" = ")
            if (
                not sign
                or not right.replace(",", "").isdigit()
                or re.search("[a-z]", left.replace("floor", ""))
            ):
                continue
            python = left.split(" = ")[0].replace("·", "*").replace("−", "-").replace("floor", "int")
            assert eval(python) == int(right.replace(",", "")), formula


@pytest.mark.parametrize("changes", [{"conv4": {"groups": 384}}, {"conv1": {"stride": 1}}], ids=str)
def test_extreme_changes_of_the_shape_lab_stay_inside_the_diagram(changes):
    architecture = edited(ARCHITECTURES["alexnet-single-tower"], changes)
    svg = empty(architecture, SLIM)
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    for group in layers(svg).values():
        for slab in slabs(group):
            assert 0 <= number(slab, "y") <= number(slab, "y") + number(slab, "height") <= height
            assert number(slab, "x") + number(slab, "width") <= width


def test_threads_cross_only_before_layers_that_depend_on_both_towers():
    svg = empty(ARCHITECTURES["alexnet-2012"], ACROSS)
    middle = sum(number(s, "y") + number(s, "height") / 2 for s in slabs(layers(svg)["conv1"])) / 2
    crossing = set()
    for gap in svg.iter(f"{SVG}g"):
        if not (into := gap.get("data-into")):
            continue
        curves = re.findall(r"M[\d.]+,([\d.]+)C.*? [\d.]+,([\d.]+)(?=[ \"M]|$)", gap[0].attrib["d"])
        assert curves
        if any((float(begin) < middle) != (float(end) < middle) for begin, end in curves):
            crossing.add(into)
    assert crossing == {"conv1", "conv3", "fc6", "fc7", "fc8"}  # the photo before conv1 is not in a tower


@pytest.fixture(scope="module")
def with_photo(network, photo):
    """Return the architecture, its layers, their outputs for the photo, and the pictures in the diagram."""
    architecture = network.architecture
    infos = describe(architecture)
    values = capture(network, network.prepare(photo)).numpy()
    made = pictures(
        architecture,
        infos,
        crop=network_crop(photo, architecture),
        values=values,
        filters=network.get_parameter("conv1.weight").numpy(),
        answers=classify(network, photo).top(3),
        count=5,
    )
    return architecture, infos, values, made


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("palette", [COLOUR, GREY])
def test_a_saved_diagram_needs_no_other_file(with_photo, form, palette):
    architecture, infos, values, made = with_photo
    text = with_pictures(
        draw(architecture, infos, facts(architecture, infos, values), form, made, palette), made.uris
    )
    svg = ET.fromstring(text)
    images = list(svg.iter(f"{SVG}image"))
    assert len(images) > 30
    assert all(image.attrib["href"].startswith("data:image/") for image in images)
    assert "var(" not in text and "data-picture" not in text
    assert svg.findtext(f"{SVG}title") == architecture.title
    assert len(text) < 400_000


def test_the_diagram_shows_the_network_s_predictions(with_photo):
    architecture, infos, values, made = with_photo
    svg = ET.fromstring(draw(architecture, infos, facts(architecture, infos, values), ACROSS, made))
    answer = layers(svg)["answer"]
    bars = [part for part in answer.iter(f"{SVG}rect") if "bar" in part.attrib["class"].split()]
    whole = next(number(part, "width") for part in answer.iter(f"{SVG}rect") if part.get("class") == "track")
    for prediction, bar in zip(made.answers, bars, strict=True):
        assert f"{prediction.probability:.1%}" in texts(answer)
        assert number(bar, "width") == pytest.approx(max(2, whole * prediction.probability), abs=0.1)
    assert made.answers[0].label in " ".join(texts(answer))


def test_each_tower_shows_its_own_channels_and_a_pooling_the_same_as_before(with_photo):
    architecture, infos, values, _ = with_photo
    channels = drawn_channels(architecture, infos, values, 5)
    for name, (first, second) in channels.items():
        half = len(values[name]) // 2
        assert all(channel < half for channel in first)
        assert all(channel >= half for channel in second)
    assert channels["pool1"] == channels["conv1"] and channels["pool5"] == channels["conv5"]


def test_a_feature_map_that_varies_comes_before_one_that_is_large_everywhere():
    ramp = np.linspace(0, 2, 49).reshape(7, 7)
    spot = np.zeros((7, 7))
    spot[3, 3] = 6
    maps = np.stack([np.zeros((7, 7)), 50 + ramp / 4, spot, ramp]).astype(np.float32)
    [order] = strongest(maps, lanes=1, count=4)
    assert order.index(2) < order.index(1) < order.index(0)
    assert order.index(3) < order.index(1)


def test_channels_that_are_zero_are_named(with_photo):
    architecture, infos, values, made = with_photo
    silent = made.channels["conv1"][0][0]
    uris = {name: uri for name, uri in made.uris.items() if name != f"relu1/{silent}"}
    quiet = type(made)(made.channels, uris, made.answers)
    svg = draw(architecture, infos, facts(architecture, infos, values), ACROSS, quiet)
    assert f"channel {silent} of relu1: zero for this photo" in svg
    counted = silent_channels(values["relu5"])
    assert counted == sum(not channel.any() for channel in values["relu5"])
    note = facts(architecture, infos, values)["relu5"].note
    assert note == (f"{counted} of 256 channels are zero for this photo" if counted else "")
