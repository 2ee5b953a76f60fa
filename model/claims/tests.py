"""All tests of claims by the claim's name."""

from __future__ import annotations

from collections.abc import Mapping

from ..alexnet import AlexNet
from ..parameters import completed
from ..preprocess import Photo
from ..question import Setting
from . import (
    counts,
    dropout,
    history,
    judgements,
    layer_sizes,
    order,
    photo_changes,
    pooling_and_lrn,
    probabilities,
    recorded,
    shapes,
    taught,
    techniques,
    two_gpus,
)
from .evidence import Evidence, Test

TESTS: dict[str, Test] = {
    test.claim: test
    for module in (
        shapes,
        layer_sizes,
        counts,
        order,
        two_gpus,
        techniques,
        dropout,
        pooling_and_lrn,
        photo_changes,
        probabilities,
        recorded,
        history,
        judgements,
        taught,
    )
    for test in module.TESTS
}


def run(name: str, network: AlexNet, photo: Photo, settings: Mapping[str, Setting] | None = None) -> Evidence:
    """Run the test of a claim.

    Args:
        settings: values of the test's parameters; a parameter that is left out has its default.

    Raises:
        UserError: a setting is not allowed, or the network has not what the claim is about.
    """
    test = TESTS[name]
    return test.run(network, photo, completed(name, test.parameters, settings))
