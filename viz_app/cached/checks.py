"""Sanity checks: does an attribution show what the network uses?"""

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
    from model.attribution.checks import (
        Chance,
        Completeness,
        Curve,
        Curves,
        Kind,
        Randomized,
        Verdict,
        Yardstick,
    )
    from model.attribution.pointing import Pointing, Share


@st.cache_resource(
    max_entries=256,
    ttl="30m",
    show_spinner="Covering and uncovering pixels…",
    hash_funcs=BY_CONTENT,
)
def curves(photo: Photo, network: Network, attribution: Attribution) -> Curves:
    """Return the deletion and insertion curves of an attribution."""
    from model.attribution import checks

    target = attribution.question.target
    return run(
        network, lambda alexnet: checks.curves(alexnet, alexnet.prepare(photo), attribution.heatmap, target)
    )


def better(kind: Kind) -> str:
    """Return whether a smaller or a larger area under the curve speaks for a map."""
    from model.attribution.checks import BETTER

    return BETTER[kind]


def verdict(kind: Kind, curve: Curve, chance: Chance) -> Verdict:
    """Return whether a map does better than the same map moved to random places."""
    from model.attribution import checks

    return checks.verdict(kind, curve, chance)


def yardstick(photo: Photo, network: Network, attribution: Attribution) -> Job[Yardstick]:
    """Return a job: deletion and insertion curves of the attribution moved to random places."""

    def work(alexnet: AlexNet, job: Job[Yardstick]) -> Yardstick:
        from model.attribution import checks

        return checks.yardstick(alexnet, alexnet.prepare(photo), attribution, progress=job.progress)

    return job_on(("yardstick", photo.sha256, attribution.question), network, work)


def cascade(photo: Photo, network: Network, original: Attribution) -> Job[list[Randomized]]:
    """Return a job: the attribution computed again while more and more layers get random weights."""

    def work(alexnet: AlexNet, job: Job[list[Randomized]]) -> list[Randomized]:
        from model.attribution import checks

        return checks.cascade(alexnet, alexnet.prepare(photo), original, job.progress)

    return job_on(("cascade", photo.sha256, original.question), network, work)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def completeness(photo: Photo, network: Network, attribution: Attribution) -> Completeness | None:
    """Compare the sum of an attribution with the change of the logit; None if the method promises no sum."""
    from model.attribution import checks

    return run(network, lambda alexnet: checks.completeness(alexnet, alexnet.prepare(photo), attribution))


def pointing(
    photo: Photo, network: Network, attribution: Attribution, box: Box | None
) -> tuple[Share, Pointing]:
    """Return how much of an attribution lies in a box, and what covering the box or all else does.

    Args:
        box: in pixels of the crop; None for the box where the attribution is strongest.
    """
    from model.attribution.pointing import share, strongest_box

    box = box or strongest_box(attribution.heatmap)
    return share(attribution.heatmap, box), _pointed_at(photo, network, attribution.question.target, box)


@st.cache_resource(max_entries=128, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def _pointed_at(photo: Photo, network: Network, target: int, box: Box) -> Pointing:
    from model.attribution.pointing import point

    return run(network, lambda alexnet: point(alexnet, alexnet.prepare(photo), box, target))
