"""The second half of Teach it: try the taught network on a photo, and see what it looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.preprocess import Photo
from viz_app import cached, state
from viz_app.components import clickable_picture
from viz_app.draw import figures, pictures
from viz_app.widgets.show import chart, picture

if TYPE_CHECKING:
    from model.teaching import Taught
    from viz_app.cached import TaughtAnswer

STRONGEST = 8  # features that are listed
TRIED = 99  # seed of the drawn photos to try: others than those that were learned


def try_it(taught: Taught) -> None:
    """Show what a network with the visitor's classes answers for a photo that they choose, and why."""
    st.subheader("Try it on another photo", anchor=False)
    choices: list[Photo] = [state.photo()]
    things = []
    if state.teaching.teaching().example and state.teaching.teaching().loaded is None:
        things = cached.drawn_things(2, False, TRIED)
        choices += [thing.photo for thing in things]
    where = min(int(state.chosen("tried", 1 if things else 0)), len(choices) - 1)
    if things:
        st.markdown("New drawn photos on shared backgrounds, after your photo in the sidebar.")
        clickable_picture(
            pictures.photo_grid([one.image for one in choices], columns=len(choices), side=120),
            key="tried_photo",
            selected=where,
            on_pick=lambda index: state.choose("tried", index),
            alt="Photos to try",
            labels=[one.name for one in choices],
        )
    else:
        st.markdown("This is the photo in the sidebar: choose or upload another one there.")
    photo, network = choices[where], state.teaching.base()
    targets = ["the answer", *taught.classes]
    answer = cached.taught_answer(photo, network, taught)
    bars, heat, units = st.columns([4, 4, 3], gap="large")
    with bars:
        chart(
            figures.probabilities(answer.classification.top(len(taught.classes))),
            "taught_answer",
            "The probability of each class as bars",
        )
        chosen = st.selectbox("Explain", targets, key=f"taught_target_{len(targets)}")
    if chosen != targets[0]:
        answer = cached.taught_answer(photo, network, taught, taught.classes.index(chosen))
    with heat:
        target = answer.heat_map.question.target
        picture(
            cached.taught_map(photo, network, answer.heat_map),
            f"Grad-CAM heat map for {taught.classes[target]}",
            f"Grad-CAM for {taught.classes[target]}: what speaks for it",
        )
        if not answer.heat_map.has_evidence:
            st.info("No positive evidence: nothing in this photo raises the score of this class.")
    with units:
        _units(answer, taught, target)
    if things and where > 0:
        _verdict(answer, things[where - 1])
    else:
        st.markdown(
            "**Look at the heat map.** Is it on the thing, or on the background? If all photos of a class "
            "were taken at the same place, the network may have learned the place. It is right as long as "
            "the place is the same, and for the wrong reason."
        )
    if st.toggle("Deletion: cover the brightest places of the heat map first", key="taught_deletion"):
        _deletion(photo, taught, answer)


def _units(answer: TaughtAnswer, taught: Taught, target: int) -> None:
    order = np.argsort(-np.abs(answer.contributions))[:STRONGEST]
    st.markdown(f"**Units of {taught.settings.layer}** that count most for {taught.classes[target]}")
    st.dataframe(
        [
            {
                "unit": int(index),
                "activation": float(answer.features[index]),
                "adds": float(answer.contributions[index]),
            }
            for index in order
        ],
        hide_index=True,
        column_config={
            "activation": st.column_config.NumberColumn(format="%.2f"),
            "adds": st.column_config.NumberColumn(format="%.3f"),
        },
    )
    score = answer.contributions.sum() + float(taught.bias[target])
    st.caption(f"All units together and the bias add up to the score, {score:.3f}.")


def _deletion(photo: Photo, taught: Taught, answer: TaughtAnswer) -> None:
    """Show how the probability falls while the places that the heat map calls important turn grey."""
    own, mirror = cached.taught_deletion(photo, state.teaching.base(), taught, answer.heat_map)
    lines = {"this heat map": own.probability, "mirrored": mirror.probability}
    chart(
        figures.curves("share of the pixels that are grey", own.share, lines, None),
        "taught_deletion_curve",
        "The probability of the class while pixels turn grey, for the heat map and for its mirror image",
    )
    st.caption(
        "A heat map that shows what counts makes the probability fall sooner than the same heat map "
        "mirrored, which is bright at other places."
    )


def _verdict(answer: TaughtAnswer, thing) -> None:
    """Say whether the heat map is on the drawn thing, whose place is known."""
    share, area = cached.share_on(thing, answer.heat_map, state.teaching.base())
    told = f"**{share:.0%} of the heat map lies on the thing**, which covers {area:.0%} of the photo. "
    if share > area:
        st.markdown(told + "So the network looks at the thing more than at the background.")
    else:
        st.markdown(
            told + "So the network looks at the **background**. In the photos that it learned from, the "
            "background alone told the class: this is called a *shortcut*. It was right on every validation "
            "photo with the same backgrounds, and fails as soon as a thing stands elsewhere."
        )
