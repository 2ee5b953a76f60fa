"""The classes that this session teaches, with their photos. They stay in the session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

import streamlit as st

from model.errors import UserError
from model.named import base_of
from model.preprocess import Photo, read_photo
from model.private import find_private
from model.teaching_settings import LEAST_CLASSES, MOST_CLASSES, MOST_PHOTOS
from viz_app import cached
from viz_app.cached import Network

if TYPE_CHECKING:
    from model.teaching import Taught

Example = Literal["shared", "shortcut"]
EXAMPLE_PHOTOS = 20  # of each class
LONGEST_NAME = 40  # letters of a class's name
MOST_TOLD = 3  # unreadable files that are told one by one


@dataclass
class OwnClass:
    """A class of the visitor's own.

    Attributes:
        number: no other class of the session has it; widgets have it in their keys.
    """

    number: int
    name: str
    photos: list[Photo] = field(default_factory=list)


@dataclass
class Teaching:
    """All that a session teaches.

    Attributes:
        example: which drawn example the photos are, if they are.
        loaded: classes from a file, which are used in place of the photos; else None.
        problems: what could not be read or was left out; shown once.
        before: the visitor's own classes, while an example is taught in their place; else None.
    """

    classes: list[OwnClass]
    example: Example | None = None
    loaded: Taught | None = None
    problems: list[str] = field(default_factory=list)
    before: list[OwnClass] | None = None

    @property
    def has_own_photos(self) -> bool:
        return self.example is None and any(one.photos for one in self.classes)


def teaching() -> Teaching:
    """Return what this session teaches: at first two empty classes."""
    if "teaching" not in st.session_state:
        st.session_state["teaching"] = Teaching([])
        add_class()
        add_class()
    found: Teaching = st.session_state["teaching"]
    return found


def add_class() -> None:
    """Add an empty class."""
    now: Teaching = st.session_state["teaching"]
    now.classes.append(OwnClass(_number(), f"class {len(now.classes) + 1}"))


def _number() -> int:
    """Return a number that no class of this session has had."""
    st.session_state["classes_made"] = made = st.session_state.get("classes_made", 0) + 1
    return made


def remove_class(number: int) -> None:
    """Remove a class with its photos."""
    now = teaching()
    now.classes = [one for one in now.classes if one.number != number]
    now.example = None


def start_afresh() -> None:
    """Begin with empty classes again."""
    forget()


def use_example(example: Example) -> None:
    """Teach the drawn example, and keep the visitor's own classes for `end_example`."""
    from model.textured_things import NAMES

    earlier = teaching()
    before = earlier.before or (earlier.classes if earlier.has_own_photos else None)
    st.session_state["teaching"] = now = Teaching([], example, before=before)
    drawn = cached.drawn_things(EXAMPLE_PHOTOS, example == "shortcut", 0)
    for label, name in enumerate(NAMES):
        photos = [thing.photo for thing in drawn if thing.label == label]
        now.classes.append(OwnClass(_number(), name, photos))


def end_example() -> None:
    """Go back to the visitor's own classes."""
    if before := teaching().before:
        st.session_state["teaching"] = Teaching(before)
    else:
        start_afresh()


def take_photos(number: int, key: str) -> None:
    """Add the photos of an upload to a class. Call this only from a callback."""
    add_photos(number, [(file.name, file.getvalue()) for file in st.session_state[key]])
    st.session_state["taken"] = taken() + 1


def take_folder(key: str) -> None:
    """Make a class of each folder in an upload of folders. Call this only from a callback.

    Photos of a class that is there already are added to it. Empty classes go, if nobody has named them.
    """
    if teaching().example:
        end_example()
    now = teaching()
    by_class: dict[str, list[tuple[str, bytes]]] = {}
    for file in st.session_state[key]:
        path = PurePosixPath(file.name)  # with the folders that lead to it
        if not path.name.startswith("."):  # a Mac puts a hidden file beside each photo
            name = (path.parent.name.strip() or "photos")[:LONGEST_NAME]
            by_class.setdefault(name, []).append((path.name, file.getvalue()))
    now.classes = [one for one in now.classes if one.photos or not re.fullmatch(r"class \d+", one.name)]
    for name, photos in sorted(by_class.items()):
        own = next((one for one in now.classes if one.name == name), None)
        if own is None and len(now.classes) == MOST_CLASSES:
            now.problems.append(
                f"There is room for {MOST_CLASSES} classes; {name} and those after it were left out."
            )
            break
        if own is None:
            own = OwnClass(_number(), name)
            now.classes.append(own)
        add_photos(own.number, photos)
    while len(now.classes) < LEAST_CLASSES:
        add_class()
    st.session_state["taken"] = taken() + 1


def add_photos(number: int, files: Sequence[tuple[str, bytes]]) -> None:
    """Add photos to a class, given the name and the bytes of each. `problems` tells what is left out."""
    now = teaching()
    own = next((one for one in now.classes if one.number == number), None)
    if own is None:  # it was removed while its photos were on the way
        return
    known = {photo.sha256 for photo in own.photos}
    again, unreadable = 0, []
    for name, data in files:
        try:
            photo = read_photo(data, name)
        except UserError as error:
            unreadable.append(str(error))
            continue
        if photo.sha256 in known:
            again += 1
            continue
        if len(own.photos) >= MOST_PHOTOS:
            now.problems.append(f"{own.name} has {MOST_PHOTOS} photos already; the others were left out.")
            break
        known.add(photo.sha256)
        own.photos.append(photo)
    now.problems += unreadable[:MOST_TOLD]
    if (more := len(unreadable) - MOST_TOLD) > 0:
        now.problems.append(f"{more} other files for {own.name} cannot be read either.")
    if again == 1:
        now.problems.append(f"{own.name} already has this photo. It was not added again.")
    elif again:
        now.problems.append(f"{own.name} already has {again} of these photos. They were not added again.")
    now.example, now.loaded = None, None


def taken() -> int:
    """Return a number that changes with every upload, for the keys of widgets that should be empty again."""
    count: int = st.session_state.get("taken", 0)
    return count


def load_file(key: str) -> None:
    """Use the classes in an uploaded file, or tell in `problems` why that is not possible."""
    file, now = st.session_state[key], teaching()
    if file is None:
        return
    try:
        now.loaded = cached.loaded_classes(file.getvalue(), base())
    except UserError as error:
        now.problems.append(str(error))
    st.session_state["taken"] = taken() + 1


def base() -> Network:
    """Return the network that is taught: the chosen one, or the one below if that is taught already."""
    from viz_app.state.networks import network

    now = network()
    private = find_private(now.architecture)
    below = private.base if private else base_of(now.architecture)
    return Network(*below, now.device) if below else now


def look_inside(taught: Taught) -> None:
    """Choose the network with these classes, so that every page shows it. Call this only from a callback."""
    from viz_app.state.networks import use_own_network

    use_own_network(cached.keep_taught(taught, base()))


def forget() -> None:
    """Forget all photos that were given to learn from."""
    gone: Teaching = st.session_state.pop("teaching", Teaching([]))
    for own in [*gone.classes, *(gone.before or ())]:
        for photo in own.photos:
            cached.forget(photo)


def unload() -> None:
    """Use the session's own classes again."""
    teaching().loaded = None
