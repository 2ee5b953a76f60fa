"""Tests of what is said about AlexNet, run on a photo and a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.parameters import Parameter
from model.preprocess import Photo
from model.question import Setting
from viz_app.cached.networks import Network, run
from viz_app.cached.with_photo import kept_with

if TYPE_CHECKING:
    from model.claims.evidence import Evidence


@st.cache_resource
def claim_parameters(claim: str) -> tuple[Parameter, ...]:
    """Return what can be varied in the test of a claim; () if it has no test."""
    from model.claims.tests import TESTS

    return TESTS[claim].parameters if claim in TESTS else ()


def claim_evidence(
    photo: Photo, network: Network, claim: str, settings: tuple[tuple[str, Setting], ...]
) -> Evidence:
    """Return what the test of a claim finds.

    Raises:
        UserError: the network has not what the claim is about.
    """

    def compute() -> Evidence:
        from model.claims import tests

        return run(network, lambda alexnet: tests.run(claim, alexnet, photo, dict(settings)))

    return kept_with(photo, ("claim", network, claim, settings), compute, "Running the test on your photo…")
