"""Whether a map can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.preprocess import Photo
from model.receptive_field import Box
from viz_app.cached.networks import Network, job_on, run
from viz_app.jobs import Job

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.attribution import Attribution
    from model.attribution.checks import Completeness, Curves, Randomized, Yardstick
    from model.attribution.pointing import Pointing, Share


def curves(photo: Photo, network: Network, found: Attribution) -> Curves:
    """Deletion and insertion by a map."""
    return _curves(photo.sha256, network, key_of(found), found.target, _photo=photo, _heatmap=found.heatmap)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner="Taking pixels away, and giving them back…")
def _curves(
    sha256: str, network: Network, of: tuple, target: int, _photo: Photo, _heatmap: np.ndarray
) -> Curves:
    from model.attribution import checks

    return run(network, lambda model: checks.curves(model, model.prepare(_photo), _heatmap, target))


def yardstick(photo: Photo, network: Network, found: Attribution) -> Job[Yardstick]:
    """Deletion and insertion by a map's own values in random places."""

    def work(model: AlexNet, job: Job[Yardstick]) -> Yardstick:
        from model.attribution import checks

        return checks.yardstick(model, model.prepare(photo), found, progress=job.progress)

    return job_on(("yardstick", photo.sha256, *key_of(found)), network, work)


def cascade(photo: Photo, network: Network, original: Attribution) -> Job[list[Randomized]]:
    """A map again with more and more layers' weights random."""

    def work(model: AlexNet, job: Job[list[Randomized]]) -> list[Randomized]:
        from model.attribution import checks

        return checks.cascade(model, model.prepare(photo), original, job.progress)

    return job_on(("cascade", photo.sha256, *key_of(original)), network, work)


def key_of(found: Attribution) -> tuple:
    """What tells a picture's maps apart."""
    return found.method.name, found.target, found.layer, tuple(found.settings.items())


def completeness(photo: Photo, network: Network, found: Attribution) -> Completeness | None:
    """What the map's values add up to, for methods where that says something."""
    return _completeness(photo.sha256, network, key_of(found), _photo=photo, _found=found)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False)
def _completeness(
    sha256: str, network: Network, of: tuple, _photo: Photo, _found: Attribution
) -> Completeness | None:
    from model.attribution import checks

    return run(network, lambda model: checks.completeness(model, model.prepare(_photo), _found))


def pointing(photo: Photo, network: Network, found: Attribution, box: Box | None) -> tuple[Share, Pointing]:
    """How much of a map lies in a box, and what the network says without the box or without the rest.

    Args:
        box: in pixels of the network's crop; None takes the one where the map is strongest.
    """
    from model.attribution.pointing import share, strongest_box

    box = box or strongest_box(found.heatmap)
    return share(found.heatmap, box), _pointing(photo.sha256, network, found.target, box, _photo=photo)


@st.cache_resource(max_entries=128, ttl="30m", show_spinner=False)
def _pointing(sha256: str, network: Network, target: int, box: Box, _photo: Photo) -> Pointing:
    from model.attribution.pointing import point

    return run(network, lambda model: point(model, model.prepare(_photo), box, target))
