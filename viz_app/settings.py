"""Settings that whoever runs the app makes with environment variables, such as ALEXNET_CAMERA=off.

docs/operation.md lists the variables, and a test compares the two. Nothing here imports Streamlit.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from model.errors import UserError

PREFIX = "ALEXNET_"
WORDS = {
    "on": True,
    "yes": True,
    "true": True,
    "1": True,
    "off": False,
    "no": False,
    "false": False,
    "0": False,
}


@dataclass(frozen=True)
class Settings:
    """All settings. Each field has its own variable: `share_photos` is read from ALEXNET_SHARE_PHOTOS.

    Attributes:
        share_photos: whether a visitor may share a photo by a link.
        camera: whether the app offers a camera.
        downloads: whether visitors may make the app download weights.
        training: whether visitors may train networks on this machine.
        own_weights: whether visitors may open files of weights of their own.
        weights_megabytes: the largest such file that can be uploaded.
        weights_folder: a folder on this machine whose files of weights every visitor can open; "" for none.
        store_megabytes: size of all photos and choices together that are kept for reloads and links.
        store_hours: how long they are kept.
    """

    share_photos: bool = True
    camera: bool = True
    downloads: bool = True
    training: bool = True
    own_weights: bool = True
    weights_megabytes: int = 300
    weights_folder: str = ""
    store_megabytes: int = 256
    store_hours: float = 2.0

    @property
    def hours(self) -> str:
        """Return in words how long photos and choices are kept: "two hours"."""
        words: dict[float, str] = {1: "an hour", 2: "two hours", 3: "three hours", 24: "a day"}
        return words.get(self.store_hours, f"{self.store_hours:g} hours")


def variable(field: str) -> str:
    """Return the name of the variable for a field of `Settings`."""
    return PREFIX + field.upper()


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings in an environment. Settings without a variable have their defaults.

    Raises:
        UserError: a variable has a value that its setting cannot have.
    """
    given: dict[str, Any] = {}
    for field in fields(Settings):
        text = environment.get(variable(field.name), "").strip()
        if text:
            given[field.name] = _value(variable(field.name), text, field.default)
    return Settings(**given)


def _value(name: str, text: str, usual: Any) -> bool | float | str:
    if isinstance(usual, str):
        return text
    if isinstance(usual, bool):
        if text.lower() not in WORDS:
            raise UserError(f"{name} must be on or off, not {text}.")
        return WORDS[text.lower()]
    try:
        number = type(usual)(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        kind = "whole number" if isinstance(usual, int) else "number"
        raise UserError(f"{name} must be a {kind} above 0, not {text}.")
    return number


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return read(os.environ)
