"""Handouts are complete, and need no internet."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from model import capture, classify, describe, explain
from viz_app.handout import ink, journey_html, lesson_html
from viz_app.handout.collect import collect
from viz_app.handout.journey import Journey
from viz_app.handout.prose import formula, markdown
from viz_app.lessons.schema import Lesson, Question, Stop
from viz_app.samples import Sample


class Outline(HTMLParser):
    """The tags of an HTML file with their attributes, and its text without styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data: str) -> None:
        if self._open != "style":
            self.text += data


@pytest.fixture(scope="module")
def journey(network, photo) -> Journey:
    x = network.prepare(photo)
    found = classify(network, photo)
    evidence = [explain(network, x, name, found.top(1)[0].class_index) for name in ("grad-cam", "saliency")]
    return collect(
        photo,
        network.architecture,
        describe(network.architecture),
        capture(network, x).numpy(),
        network.get_parameter("conv1.weight").numpy(),
        found,
        evidence,
        weights="these weights",
        often_right="Right for half of the photographs.",
        sample=Sample("photo", "Photo", "photo.png", "A. Author", "CC0", "https://example.org"),
    )


@pytest.fixture(scope="module")
def journey_file(journey) -> str:
    return journey_html(journey)


LESSON = Lesson(
    title="Title & <more>",
    minutes=5,
    summary="A summary.",
    stops=(
        Stop(title="First", page="filters", text="Some **bold** text. $$a^2$$"),
        Stop(
            title="Second",
            page="cell",
            text="<script>alert(1)</script> ![picture](https://example.org/x.png)",
            question=Question(ask="How many?", choices=("one", "two"), answer="two", because="I counted."),
        ),
        Stop(title="Third", page="cell", text="More.", question=Question(ask="Why?", answer="Because so.")),
    ),
)


def test_a_handout_requests_nothing_from_elsewhere(journey_file):
    for html in (journey_file, lesson_html(LESSON)):
        for tag, attributes in Outline(html).tags:
            assert tag not in ("script", "link", "iframe", "object", "embed", "base")
            for name in ("src", "srcset", "data", "poster", "background"):
                assert (attributes.get(name) or "data:").startswith("data:")
        style = html[html.index("<style>") : html.index("</style>")]
        assert "url(" not in style
        assert "@import" not in style


def test_a_journey_shows_every_layer_with_its_shape_and_its_parameters(journey_file, network):
    text = Outline(journey_file).text
    for info in describe(network.architecture):
        assert re.search(rf"\b{info.name}\b", text)
        assert " × ".join(map(str, info.output_shape)) in text
    spaced = re.sub(r"\s", " ", text)
    assert "60 965 224" in spaced


def test_a_journey_has_a_picture_of_every_layer_that_changes_numbers(journey, network):
    with_picture = {step.name for step in journey.steps if step.picture}
    changing = {i.name for i in describe(network.architecture) if i.type not in ("Flatten", "Dropout")}
    assert with_picture == changing


def test_a_journey_s_formulas_give_the_shapes_beside_them(journey):
    sized = [step for step in journey.steps if step.formula]
    assert len(sized) == 8  # five convolutions and three poolings
    for step in sized:
        rule, _, result = step.formula.partition(" = ")
        python = rule.replace("⌊", "int(").replace("⌋", ")").replace("−", "-").replace("·", "*")
        assert eval(python) == int(result) == int(step.shape.split(" × ")[1])


def test_a_journey_names_the_answers_and_who_made_the_photo(journey_file, network, photo):
    text = Outline(journey_file).text
    for prediction in classify(network, photo).top(5):
        assert prediction.label in text
        assert f"{100 * prediction.probability:.1f} %" in text
    assert "A. Author, CC0" in text


def test_a_journey_is_small_enough_to_be_sent(journey_file):
    assert len(journey_file) < 4_000_000


def test_a_journey_does_not_name_the_file_of_the_photo(journey_file, photo):
    assert photo.name not in journey_file


def test_pictures_for_printing_are_grey_and_zero_is_white():
    values = np.zeros((6, 5, 5), np.float32)
    values[2, 1, 3] = 7
    sheet = ink.maps(values, columns=3)
    assert sheet.ndim == 2
    tile = ink.maps(values[2:3], columns=1)[ink.GAP : -ink.GAP, ink.GAP : -ink.GAP]
    assert (tile == 0).sum() * 25 == tile.size
    assert (tile == 255).sum() * 25 == tile.size * 24


def test_negative_values_are_lighter_than_zero_and_positive_ones_darker():
    tile = ink.units(np.array([-1.0, 0.0, 1.0], np.float32))
    low, zero, high = tile[0, ::4]
    assert low == 255
    assert high == 0
    assert 120 < zero < 136


def test_the_photo_is_kept_where_the_heat_map_is_strongest_and_faded_elsewhere():
    crop = np.full((2, 2, 3), 40, np.uint8)
    shown = ink.spotlight(crop, np.array([[1.0, 0.0], [-3.0, 0.5]], np.float32))
    assert (shown[0, 0] == 40).all()
    assert (shown[0, 1] == shown[1, 0]).all()
    assert shown[0, 1, 0] > shown[1, 1, 0] > 40


def test_a_lesson_s_handout_has_all_stops_and_then_the_answers(journey_file):
    text = Outline(lesson_html(LESSON)).text
    order = [
        text.index(part)
        for part in ("First", "Second", "How many?", "Why?", "Answers", "I counted.", "Because so.")
    ]
    assert order == sorted(order)


def test_html_in_a_lesson_stays_text_in_its_handout():
    html = lesson_html(LESSON)
    assert "Title &amp; &lt;more&gt;" in html
    assert "<script" not in html
    assert "<strong>bold</strong>" in html
    assert "<math" in html


@pytest.mark.parametrize("latex", [r"\frac{1}{2}", r"p_i = \frac{e^{y_i}}{\sum_j e^{y_j}}"])
def test_a_formula_becomes_mathml(latex):
    assert formula(latex).startswith("<math")


@pytest.mark.parametrize("latex", [r"\frac{1", r"}", r"\begin{aligned}", r"^", ""])
def test_a_wrong_formula_does_not_stop_a_handout(latex):
    assert markdown(f"Text $${latex}$$ more.")


def test_prices_are_not_formulas():
    assert "<math" not in markdown("It costs 5$ here and 6$ there.")
