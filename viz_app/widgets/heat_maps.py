"""Attribution maps on a page: how they look, what they say, and how they are kept."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.preprocess import Photo
from viz_app import cached, state
from viz_app.cached import Network
from viz_app.draw import pictures
from viz_app.widgets.show import picture

if TYPE_CHECKING:
    from model.attribution import Attribution
    from model.predict import Prediction

PAGE_OF_METHODS = Path(__file__).parents[1] / "pages" / "methods.py"
SIDES = (227, 454, 681, 1024, 2048)  # pixels, of pictures to keep


@dataclass(frozen=True)
class Subject:
    """A picture, and the class that is explained on it."""

    photo: Photo
    prediction: Prediction

    @property
    def sentence(self) -> str:
        found = self.prediction
        return (
            f"**{found.label}** has the probability **{found.probability:.1%}** and the logit "
            f"**{found.logit:.3f}**."
        )


@dataclass(frozen=True)
class Style:
    """How maps are drawn.

    Attributes:
        opacity: over the picture, 0 to 1.
        alone: the map's own values, without the picture.
        common: one scale of colours for all maps of a method.
        side: of pictures to keep, in pixels.
    """

    opacity: float
    alone: bool
    common: bool
    side: int


def show_style(compared: bool) -> Style:
    """Widgets for the style; a common scale only matters where maps are compared."""
    alone = st.toggle("The map alone, value by value", key="map_alone", persist_state="session")
    opacity = st.slider(
        "Opacity over the picture",
        0.0,
        1.0,
        0.55,
        0.05,
        key="opacity",
        disabled=alone,
        persist_state="session",
    )
    common = compared and st.toggle(
        "One scale for both maps of a method", key="maps_scale", persist_state="session"
    )
    side = st.select_slider(
        "Side of saved pictures, pixels", SIDES, 681, key="saved_side", persist_state="session"
    )
    return Style(opacity, alone, common, side)


def show_map(subject: Subject, found: Attribution, style: Style, peak: float) -> None:
    """A map with what it says, and buttons to keep it.

    Args:
        peak: the magnitude at full strength.
    """
    method, label = found.method, subject.prediction.label
    if style.alone:
        pixels = cached.map_alone(found, 454, peak)
    else:
        pixels = cached.map_over(subject.photo, state.network(), found, opacity=style.opacity, peak=peak)
    height, width = found.values.shape
    at = f" at {found.question.layer}" if found.question.layer else ""
    picture(
        pixels,
        f"{method.title} map for {label}",
        f"for {label}{at}: {height} × {width} values, at full strength from {peak:.2g}, "
        f"in {found.seconds:.2g} s",
    )
    if not found.has_evidence:
        st.info("No positive evidence: nothing here raises the score of this class.")
    _keep(subject, found, style, peak)
    with st.popover("What it means", width="stretch"):
        st.markdown(
            f"{method.meaning}\n\n$${method.formula}$$\n\n**Mind:** {method.caveat}\n\n*{method.paper}*"
        )
        st.page_link(
            PAGE_OF_METHODS,
            label="How it works, step by step",
            icon=":material/school:",
            query_params={"method": method.title},
        )


def _keep(subject: Subject, found: Attribution, style: Style, peak: float) -> None:
    network = state.network()
    name = f"{found.method.name}-{found.question.target}"
    key = name if subject.photo.sha256 == state.photo().sha256 else f"{name}-other"

    def png() -> bytes:
        if style.alone:
            return pictures.png(cached.map_alone(found, style.side, peak))
        picture = cached.map_over(
            subject.photo, network, found, opacity=style.opacity, side=style.side, peak=peak
        )
        return pictures.png(picture)

    def npy() -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, found.heatmap)
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
    """A button that keeps all maps on the page with what makes them again."""

    def data() -> bytes:
        maps = [(subject.photo, found, subject.prediction.label) for subject, found in explained]
        return cached.archive(maps, network, style.side, style.opacity)

    st.download_button(
        "Keep all maps, with what makes them again (ZIP)",
        data,
        "explanations.zip",
        "application/zip",
        key="keep_all",
        icon=":material/folder_zip:",
        on_click="ignore",
    )
