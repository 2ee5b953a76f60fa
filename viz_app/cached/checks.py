"""Whether a heat map can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.preprocess import Photo
from model.receptive_field import Box
from viz_app.cached.networks import BY_CONTENT, Network, job_on, run
from viz_app.jobs import Job

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.attribution import Attribution
    from model.attribution.checks import Completeness, Curves, Randomized, Yardstick
    from model.attribution.pointing import Pointing, Share


@st.cache_resource(
    max_entries=256,
    ttl="30m",
    show_spinner="Taking pixels away, and giving them back…",
    hash_funcs=BY_CONTENT,
)
def curves(photo: Photo, network: Network, found: Attribution) -> Curves:
    """Deletion and insertion by a map."""
    from model.attribution import checks

    target = found.question.target
    return run(network, lambda model: checks.curves(model, model.prepare(photo), found.heatmap, target))


def yardstick(photo: Photo, network: Network, found: Attribution) -> Job[Yardstick]:
    """Deletion and insertion by a map's own values in random places."""

    def work(model: AlexNet, job: Job[Yardstick]) -> Yardstick:
        from model.attribution import checks

        return checks.yardstick(model, model.prepare(photo), found, progress=job.progress)

    return job_on(("yardstick", photo.sha256, found.question), network, work)


def cascade(photo: Photo, network: Network, original: Attribution) -> Job[list[Randomized]]:
    """A map again with more and more layers' weights random."""

    def work(model: AlexNet, job: Job[list[Randomized]]) -> list[Randomized]:
        from model.attribution import checks

        return checks.cascade(model, model.prepare(photo), original, job.progress)

    return job_on(("cascade", photo.sha256, original.question), network, work)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def completeness(photo: Photo, network: Network, found: Attribution) -> Completeness | None:
    """What the map's values add up to, for methods where that says something."""
    from model.attribution import checks

    return run(network, lambda model: checks.completeness(model, model.prepare(photo), found))


def pointing(photo: Photo, network: Network, found: Attribution, box: Box | None) -> tuple[Share, Pointing]:
    """How much of a map lies in a box, and what the network says without the box or without the rest.

    Args:
        box: in pixels of the network's crop; None takes the one where the map is strongest.
    """
    from model.attribution.pointing import share, strongest_box

    box = box or strongest_box(found.heatmap)
    return share(found.heatmap, box), _pointed_at(photo, network, found.question.target, box)


@st.cache_resource(max_entries=128, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def _pointed_at(photo: Photo, network: Network, target: int, box: Box) -> Pointing:
    from model.attribution.pointing import point

    return run(network, lambda model: point(model, model.prepare(photo), box, target))
