"""The store keeps values within its limits of size and time, and returns photos unchanged."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from model.errors import UserError
from model.preprocess import read_photo
from viz_app import kept_photos
from viz_app.settings import Settings, read, variable
from viz_app.store import MemoryStore, new_key

ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that only moves when a test moves it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@given(
    some.lists(
        some.tuples(some.sampled_from("abcdefg"), some.none() | some.binary(max_size=30), some.integers(0, 5))
    )
)
def test_a_store_stays_within_its_limits_and_never_returns_another_value(steps):
    """Each step puts a value, or forgets a key if the value is None; then some seconds pass."""
    clock = Clock()
    store = MemoryStore(most_bytes=60, seconds=10, clock=clock)
    put: dict[str, tuple[bytes, float]] = {}
    for key, value, seconds in steps:
        if value is None:
            store.forget(key)
            put.pop(key, None)
        else:
            store.put(key, value)
            put[key] = (value, clock.seconds)
        clock.seconds += seconds
        kept = {name: found for name in "abcdefg" if (found := store.get(name)) is not None}
        assert sum(map(len, kept.values())) <= 60
        assert len(kept) == len(store)
        for name, found in kept.items():
            assert put[name][0] == found
            assert clock.seconds - put[name][1] < 10
        young = {name: value for name, (value, since) in put.items() if clock.seconds - since < 10}
        if sum(map(len, young.values())) <= 60 and all(name in kept for name in young):
            assert kept == young


def test_the_oldest_values_are_dropped_for_new_ones_and_too_large_ones_are_not_kept():
    store = MemoryStore(most_bytes=100, seconds=60)
    for key in "abc":
        store.put(key, bytes(50))
    assert store.get("a") is None
    assert store.get("b") == store.get("c") == bytes(50)
    store.put("huge", bytes(101))
    assert store.get("huge") is None
    assert len(store) == 2


def test_old_values_are_dropped():
    clock = Clock()
    store = MemoryStore(most_bytes=100, seconds=7200, clock=clock)
    store.put("photo", b"pixels")
    clock.seconds = 7199
    assert store.get("photo") == b"pixels"
    clock.seconds = 7200
    assert store.get("photo") is None


def test_many_threads_share_a_store():
    store = MemoryStore(most_bytes=1000, seconds=60)

    def use(number: int) -> None:
        for step in range(200):
            store.put(f"{number}-{step % 7}", bytes(step % 90))
            store.get(f"{number}-{step % 5}")
            store.forget(f"{number}-{step % 3}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    kept = [store.get(f"{number}-{step}") for number in range(8) for step in range(7)]
    assert sum(len(value) for value in kept if value) <= 1000


def test_keys_cannot_be_guessed():
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert min(map(len, keys)) >= 22  # 128 bits, six in a letter


def test_a_photo_is_returned_unchanged_until_it_is_forgotten():
    rng = np.random.default_rng(1)
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (64, 80, 4), dtype=np.uint8), "RGBA").save(file, "PNG")
    photo = read_photo(file.getvalue(), "Füße 😀.png")
    store = MemoryStore(most_bytes=2**20, seconds=60)
    key = kept_photos.keep(store, photo)
    found = kept_photos.find(store, key)
    assert found is not None
    np.testing.assert_array_equal(found.pixels, photo.pixels)
    assert (found.name, found.sha256, found.original_size, found.notes) == (
        photo.name,
        photo.sha256,
        photo.original_size,
        photo.notes,
    )
    kept_photos.forget(store, key)
    assert not kept_photos.is_kept(store, key)
    assert kept_photos.find(store, key) is None


def test_settings_are_read_from_the_environment():
    assert read({}) == Settings()
    given_ = {"ALEXNET_SHARE_PHOTOS": "off", "ALEXNET_STORE_MEGABYTES": "10", "ALEXNET_STORE_HOURS": "0.5"}
    assert read(given_) == Settings(share_photos=False, store_megabytes=10, store_hours=0.5)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ALEXNET_CAMERA", "maybe"),
        ("ALEXNET_STORE_MEGABYTES", "2.5"),
        ("ALEXNET_STORE_MEGABYTES", "-1"),
        ("ALEXNET_STORE_HOURS", "inf"),
        ("ALEXNET_STORE_HOURS", "nan"),
        ("ALEXNET_STORE_HOURS", "long"),
    ],
)
def test_a_setting_with_a_wrong_value_is_named(name, text):
    with pytest.raises(UserError, match=f"{name} must be .*, not {text}"):
        read({name: text})


def test_every_setting_is_documented():
    manual = (ROOT / "docs/operation.md").read_text("utf-8")
    for field in fields(Settings):
        assert f"`{variable(field.name)}`" in manual
