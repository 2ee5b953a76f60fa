"""The page Attribution: heat maps of up to four methods, for one or two targets or photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from model.preprocess import network_crop
from model.question import Question, Settings
from viz_app import address, cached, state
from viz_app.draw import pictures
from viz_app.widgets.choose import choose_class, choose_settings
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
RIVALS = {"nothing": "Nothing else", "class": "Another class", "photo": "Another photo"}


@dataclass(frozen=True)
class Choice:
    """What the user has chosen.

    Attributes:
        methods: the attribution methods.
        layer: for methods that use one.
        style: how heat maps are drawn.
    """

    methods: list[Method]
    layer: str
    style: Style


@part
def explain() -> None:
    subjects = _subjects()
    choice = _choice(compared=len(subjects) > 1)
    st.markdown("  \n".join(subject.sentence for subject in subjects) + " The heat maps explain the logit.")
    with st.container(key="maps"):
        found = _rows(subjects, choice) if len(subjects) > 1 else _side_by_side(subjects[0], choice)
    if found:
        keep_all(found, state.network(), choice.style)
    background("explain")


def _subjects() -> list[Subject]:
    """Show the widgets for photo and target, and return one pair of them, or two to compare."""
    photo = state.photo()
    result = cached.classification(photo, state.network())
    who, how, rival, its = st.columns([3, 2, 2, 2], gap="medium")
    with who:
        target = choose_class(photo)
    first = Subject(photo, result.prediction(target))
    rivals = address.kept("compare_with", RIVALS, "nothing")
    against = how.selectbox("Compare with", list(RIVALS), format_func=RIVALS.__getitem__, **rivals)
    if against == "class":
        with rival:
            second = choose_class(photo, "Compare with the class", "rival", without=target)
        return [first, Subject(photo, result.prediction(second))]
    if against == "photo":
        titles = state.pictures().items()
        others = {name: title for name, title in titles if state.photo(name).sha256 != photo.sha256}
        usual = address.kept("other_picture", others, next(iter(others)))
        other = state.photo(
            rival.selectbox("Other photo", list(others), format_func=others.__getitem__, **usual)
        )
        result = cached.classification(other, state.network())
        with its:
            return [
                first,
                Subject(
                    other,
                    result.prediction(choose_class(other, "Target class in the other photo", "other_target")),
                ),
            ]
    return [first]


def _choice(compared: bool) -> Choice:
    known = cached.methods()
    layers, usual = cached.map_layers(state.network().architecture)
    how, where, look = st.columns([5, 2, 2], gap="medium", vertical_alignment="bottom")
    titles = {name: method.title for name, method in known.items()}
    methods = how.multiselect(
        "Methods",
        list(titles),
        max_selections=MOST,
        format_func=titles.__getitem__,
        placeholder="Choose one to four methods",
        **address.kept("methods", titles, USUAL),
    )
    layer = where.selectbox("Layer for CAM methods", layers, **address.kept("cam_layer", layers, usual))
    with look.popover("How it looks", icon=":material/tune:", width="stretch"):
        style = show_style(compared)
    return Choice([known[name] for name in methods], layer, style)


def _side_by_side(subject: Subject, choice: Choice) -> list[tuple[Subject, Attribution]]:
    """Show the photo and the heat map of every method, and return all attributions."""
    places = _grid(1 + len(choice.methods))
    with places[0]:
        st.subheader("Photo", anchor=False)
        _picture(subject.photo)
    explained = []
    for place, method in zip(places[1:], choice.methods, strict=True):
        with place:
            st.subheader(method.title, anchor=False)
            above = st.container()
            settings = choose_settings(method.name, method.parameters)
            with above:
                found = _attribution(subject, method, choice.layer, settings)
                if found is not None:
                    show_map(subject, found, choice.style, found.peak)
                    explained.append((subject, found))
    return explained


def _rows(subjects: list[Subject], choice: Choice) -> list[tuple[Subject, Attribution]]:
    """Show a row for every method, with both photos or targets, and return all attributions."""
    explained = []
    one_picture = len({subject.photo.sha256 for subject in subjects}) == 1
    for method in choice.methods:
        st.subheader(method.title, anchor=False)
        places = st.columns(3 if one_picture else 4, gap="medium")
        with places[0]:
            _picture(subjects[0].photo)
            settings = choose_settings(method.name, method.parameters)
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


def _attribution(subject: Subject, method: Method, layer: str, settings: Settings) -> Attribution | None:
    used = layer if method.needs_layer else None
    question = Question(method.name, subject.prediction.class_index, used, settings)
    return attribution(subject.photo, question)


def _picture(photo: Photo) -> None:
    picture(
        pictures.visible(network_crop(photo, state.network().data)),
        "The crop of the photo that the network sees",
        "the crop that the network sees",
    )


def _grid(count: int) -> list:
    """Return places in rows of three, large enough to be seen from the last row of a lecture hall."""
    return [place for first in range(0, count, 3) for place in st.columns(3, gap="medium")][:count]


explain()
