"""Heat maps on a page: how they are drawn, explained and saved."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.preprocess import Photo
from viz_app import address, cached, state
from viz_app.cached import Network
from viz_app.draw import pictures
from viz_app.widgets.show import picture

if TYPE_CHECKING:
    from model.attribution import Attribution
    from model.predict import Prediction

PAGE_OF_METHODS = Path(__file__).parents[1] / "pages" / "methods.py"
SIDES = (227, 454, 681, 1024, 2048)  # of a saved picture, in pixels


@dataclass(frozen=True)
class Subject:
    """A photo and its target: the class that is explained."""

    photo: Photo
    prediction: Prediction

    @property
    def sentence(self) -> str:
        target = self.prediction
        return (
            f"**{target.label}** has the probability **{target.probability:.1%}** and the logit "
            f"**{target.logit:.3f}**."
        )


@dataclass(frozen=True)
class Style:
    """How heat maps are drawn.

    Attributes:
        opacity: of the heat map over the photo, 0 to 1.
        alone: draw the attribution's values as squares, without the photo.
        common: use one colour scale for all heat maps of a method.
        side: of a saved picture, in pixels.
    """

    opacity: float
    alone: bool
    common: bool
    side: int


def show_style(compared: bool) -> Style:
    """Show the widgets for the style, and return it.

    Args:
        compared: whether there are two heat maps for each method: only then a common scale is offered.
    """
    alone = st.toggle("Show the attribution without the photo", **address.kept("map_alone"))
    opacity = st.slider(
        "Opacity over the photo",
        0.0,
        1.0,
        step=0.05,
        disabled=alone,
        **address.kept("opacity", (0.0, 1.0)),
    )
    common = compared and st.toggle("Same colour scale for both heat maps", **address.kept("maps_scale"))
    side = st.select_slider("Size of saved pictures in pixels", SIDES, **address.kept("saved_side", SIDES))
    return Style(opacity, alone, common, side)


def show_map(subject: Subject, attribution: Attribution, style: Style, peak: float) -> None:
    """Show a heat map, what its colours mean, and buttons to save it.

    Args:
        peak: the magnitude that gets the strongest colour.
    """
    method, label = attribution.method, subject.prediction.label
    if style.alone:
        pixels = cached.map_alone(attribution, 454, peak)
    else:
        pixels = cached.map_over(
            subject.photo, state.network(), attribution, opacity=style.opacity, peak=peak
        )
    height, width = attribution.values.shape
    at = f" at {attribution.question.layer}" if attribution.question.layer else ""
    picture(
        pixels,
        f"{method.title} heat map for {label}",
        f"for {label}{at}: {height} × {width} values, strongest colour from {peak:.2g}, "
        f"computed in {attribution.seconds:.2g} s",
    )
    if not attribution.has_evidence:
        st.info("No positive evidence: nothing in this photo raises the score of this class.")
    _keep(subject, attribution, style, peak)
    with st.popover("What the colours mean", width="stretch"):
        st.markdown(
            f"{method.meaning}\n\n$${method.formula}$$\n\n**Caution:** {method.caveat}\n\n*{method.paper}*"
        )
        st.page_link(
            PAGE_OF_METHODS,
            label=f"How {method.title} works, step by step",
            icon=":material/school:",
            query_params={"method": method.name},
        )


def _keep(subject: Subject, attribution: Attribution, style: Style, peak: float) -> None:
    network = state.network()
    name = f"{attribution.method.name}-{attribution.question.target}"
    key = name if subject.photo.sha256 == state.photo().sha256 else f"{name}-other"

    def png() -> bytes:
        if style.alone:
            return pictures.png(cached.map_alone(attribution, style.side, peak))
        picture = cached.map_over(
            subject.photo, network, attribution, opacity=style.opacity, side=style.side, peak=peak
        )
        return pictures.png(picture)

    def npy() -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, attribution.heatmap)
        return buffer.getvalue()

    for place, title, make, ending in zip(
        st.columns(2), ("PNG", "NPY"), (png, npy), ("png", "npy"), strict=True
    ):
        place.download_button(
            title,
            make,
            f"{name}.{ending}",
            key=f"{ending}-{key}",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )


def keep_all(explained: Sequence[tuple[Subject, Attribution]], network: Network, style: Style) -> None:
    """Show a button that saves all heat maps of the page, with everything needed to compute them again."""

    def data() -> bytes:
        maps = [(subject.photo, attribution, subject.prediction.label) for subject, attribution in explained]
        return cached.archive(maps, network, style.side, style.opacity)

    st.download_button(
        "Save all heat maps, with everything needed to compute them again (ZIP)",
        data,
        "explanations.zip",
        "application/zip",
        key="keep_all",
        icon=":material/folder_zip:",
        on_click="ignore",
    )
