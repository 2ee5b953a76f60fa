"""Why this class: up to four methods on one picture, under two classes, or on two pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from model.preprocess import network_crop
from model.question import Question
from viz_app import cached, state
from viz_app.draw import pictures
from viz_app.widgets.choose import choose_class, sliders
from viz_app.widgets.heat_maps import Style, Subject, keep_all, show_map, show_style
from viz_app.widgets.run import attribution, part
from viz_app.widgets.show import background, heading, picture

if TYPE_CHECKING:
    from model.attribution import Attribution, Method
    from model.preprocess import Photo

heading(
    "Attribution", "Which parts of the photo raise the score of a class, by up to four methods side by side."
)

USUAL = ["grad-cam", "saliency"]
MOST = 4
NOTHING, CLASS, PICTURE = "Nothing else", "Another class", "Another picture"


@dataclass(frozen=True)
class Choice:
    """What is to be shown: these methods, at this layer where they look at one, in this style."""

    methods: list[Method]
    layer: str
    style: Style


@part
def explain() -> None:
    subjects = _subjects()
    choice = _choice(compared=len(subjects) > 1)
    st.markdown("  \n".join(subject.sentence for subject in subjects))
    st.caption("The maps explain the logit.")
    found = _rows(subjects, choice) if len(subjects) > 1 else _side_by_side(subjects[0], choice)
    if found:
        keep_all(found, state.network(), choice.style)
    background("explain")


def _subjects() -> list[Subject]:
    """The picture and the class that are explained, and at most one more to hold against them."""
    photo = state.photo()
    result = cached.classification(photo, state.network())
    who, how, rival, its = st.columns([3, 2, 2, 2], gap="medium")
    with who:
        target = choose_class(photo)
    first = Subject(photo, result.prediction(target))
    against = how.selectbox(
        "Compare with", [NOTHING, CLASS, PICTURE], key="compare_with", persist_state="session"
    )
    if against == CLASS:
        with rival:
            second = choose_class(photo, "Why not another?", "rival", without=target)
        return [first, Subject(photo, result.prediction(second))]
    if against == PICTURE:
        others = [name for name in state.pictures() if state.photo(name).sha256 != photo.sha256]
        state.valid_choice("other_picture", others)
        other = state.photo(
            rival.selectbox("Other picture", others, key="other_picture", persist_state="session")
        )
        result = cached.classification(other, state.network())
        with its:
            return [first, Subject(other, result.prediction(choose_class(other, "Its class")))]
    return [first]


def _choice(compared: bool) -> Choice:
    known = cached.methods()
    layers, usual = cached.map_layers(state.network().architecture)
    state.valid_choice("cam_layer", layers, usual)
    how, where, look = st.columns([5, 2, 2], gap="medium", vertical_alignment="bottom")
    methods = how.multiselect(
        "Methods",
        list(known),
        USUAL,
        key="methods",
        max_selections=MOST,
        bind="query-params",
        format_func=lambda name: known[name].title,
        placeholder="Choose one to four methods",
    )
    layer = where.selectbox(
        "Layer of CAMs", layers, layers.index(usual), key="cam_layer", bind="query-params"
    )
    with look.popover("How it looks", icon=":material/tune:", width="stretch"):
        style = show_style(compared)
    return Choice([known[name] for name in methods], layer, style)


def _side_by_side(subject: Subject, choice: Choice) -> list[tuple[Subject, Attribution]]:
    """One picture, and then every method."""
    places = _grid(1 + len(choice.methods))
    with places[0]:
        st.subheader("Photo", anchor=False)
        _picture(subject.photo)
    explained = []
    for place, method in zip(places[1:], choice.methods, strict=True):
        with place:
            st.subheader(method.title, anchor=False)
            above = st.container()
            settings = sliders(method.name, method.parameters)
            with above:
                found = _attribution(subject, method, choice.layer, settings)
                if found is not None:
                    show_map(subject, found, choice.style, found.peak)
                    explained.append((subject, found))
    return explained


def _rows(subjects: list[Subject], choice: Choice) -> list[tuple[Subject, Attribution]]:
    """A row for every method: each picture, and beside it its maps."""
    explained = []
    one_picture = len({subject.photo.sha256 for subject in subjects}) == 1
    for method in choice.methods:
        st.subheader(method.title, anchor=False)
        places = st.columns(3 if one_picture else 4, gap="medium")
        with places[0]:
            _picture(subjects[0].photo)
            settings = sliders(method.name, method.parameters)
        if not one_picture:
            with places[2]:
                _picture(subjects[1].photo)
        places = places[1:] if one_picture else places[1::2]
        row = []
        for place, subject in zip(places, subjects, strict=True):
            with place:
                found = _attribution(subject, method, choice.layer, settings)
                if found is not None:
                    row.append((place, subject, found))
        peak = max((found.peak for _, _, found in row), default=0.0)
        for place, subject, found in row:
            with place:
                show_map(subject, found, choice.style, peak if choice.style.common else found.peak)
        explained += [(subject, found) for _, subject, found in row]
    return explained


def _attribution(
    subject: Subject, method: Method, layer: str, settings: cached.Choices
) -> Attribution | None:
    used = layer if method.needs_layer else None
    question = Question(method.name, subject.prediction.class_index, used, settings)
    return attribution(subject.photo, question)


def _picture(photo: Photo) -> None:
    picture(
        pictures.visible(network_crop(photo, state.network().data)),
        "The picture as the network sees it",
        "what the network sees",
    )


def _grid(count: int) -> list:
    """Places in rows of three, large enough to be seen from the last row of a lecture hall."""
    return [place for first in range(0, count, 3) for place in st.columns(3, gap="medium")][:count]


explain()
