"""When a photo is forgotten, nothing that shows its pixels stays in the app's memory."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from model.preprocess import Photo
from viz_app import cached
from viz_app.cached import Network, with_photo

NETWORK = Network("alexnet-2012", "embedded", "cpu")
SHOWN = {
    "feature maps": lambda photo: cached.feature_maps(photo, NETWORK)["conv1"],
    "pictures of the diagram": lambda photo: cached.network_pictures(photo, NETWORK),
    "test of a claim": lambda photo: cached.claim_evidence(photo, NETWORK, "resized-to-224", ()),
}


@pytest.mark.parametrize("compute", SHOWN.values(), ids=SHOWN)
def test_what_shows_a_photo_is_kept_until_it_is_forgotten(compute, photo: Photo):
    kept = compute(photo)
    assert compute(photo) is kept
    gone = weakref.ref(kept)
    cached.forget(photo)
    del kept
    gc.collect()
    assert gone() is None


def test_only_so_many_results_of_a_photo_are_kept(photo: Photo):
    made = []

    def result(number: int) -> np.ndarray:
        def compute() -> np.ndarray:
            made.append(number)
            return np.array(number)

        return with_photo.kept_with(photo, ("test", number), compute)

    for number in range(with_photo.MOST + 1):
        result(number)
    assert len(made) == with_photo.MOST + 1
    result(with_photo.MOST)
    assert len(made) == with_photo.MOST + 1
    result(0)
    assert made[-1] == 0
    cached.forget(photo)
