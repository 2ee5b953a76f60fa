"""The chosen photo, and the user's own photo, which survives a reload and can be shared by a link."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from model.errors import UserError
from model.preprocess import Photo, read_photo
from viz_app import address, cached, kept_photos
from viz_app.samples import SAMPLES
from viz_app.settings import settings
from viz_app.state import teaching
from viz_app.store import store

OWN = "yours"  # name of the user's own photo, if it is not shared
SHARED = "shared-"  # start of the name of a shared photo; the rest is its key in the store


def pictures() -> dict[str, str]:
    """Return names and titles of all photos to choose from: samples, a shared photo, the user's own."""
    titles = {name: sample.title for name, sample in SAMPLES.items()}
    if "visited_photo" in st.session_state:
        titles[st.session_state["visited_photo"][0]] = "Shared photo"
    if has_own_photo():
        titles[own_name()] = "Your photo"
    return titles


def picture_name() -> str:
    """Return the name of the chosen photo, one of the `pictures`."""
    return st.session_state.get("picture") or next(iter(SAMPLES))


def photo(name: str | None = None) -> Photo:
    """Return the photo of that name; None for the chosen one."""
    name = name or picture_name()
    if has_own_photo() and name in (OWN, own_name()):
        return st.session_state["own_photo"]
    visited, shared = st.session_state.get("visited_photo", ("", None))
    return shared if name == visited else cached.sample(name)


def has_own_photo() -> bool:
    return "own_photo" in st.session_state


def own_name() -> str:
    """Return the name of the user's own photo: "yours", or "shared-" and a key if it is shared."""
    return SHARED + st.session_state["shared_as"] if is_shared() else OWN


def take_photo(key: str) -> None:
    """Use the file in an upload or camera widget as the user's own photo, or keep the error in `photo_error`.

    If the file cannot be used, the previous photo stays. `photos_taken` is part of the widget's key, so the
    next run makes a new widget, and Streamlit can forget the file, which may be large.
    """
    file = st.session_state[key]
    if file is None:
        return
    try:
        own_photo = read_photo(file.getvalue(), file.name)
    except UserError as error:
        st.session_state["photo_error"] = str(error)
    else:
        use_photo(own_photo)
    st.session_state["photos_taken"] = photos_taken() + 1


def use_photo(own_photo: Photo) -> None:
    """Use a photo, such as a stimulus, as the user's own. Call this only from a callback."""
    if before := st.session_state.get("own_key"):
        kept_photos.forget(store(), before)
    st.session_state["own_photo"] = own_photo
    st.session_state["own_key"] = kept_photos.keep(store(), own_photo)
    st.session_state.pop("shared_as", None)
    choose_picture(OWN)


def choose_picture(name: str) -> None:
    """Choose one of the photos by name. Call this only from a callback."""
    st.session_state["picture"] = name
    forget_photo_error()
    address.rerun_everything()


def is_shared() -> bool:
    """Return whether the user's own photo can be opened by a link at the moment."""
    key = st.session_state.get("shared_as")
    return key is not None and kept_photos.is_kept(store(), key)


def share_photo() -> None:
    """Share the user's own photo with everyone who has its link. Call this only from a callback."""
    key = kept_photos.keep(store(), st.session_state["own_photo"])
    st.session_state["shared_as"] = key
    st.session_state["ever_shared"] = [*st.session_state.get("ever_shared", ()), key]
    choose_picture(SHARED + key)


def forget_photos() -> None:
    """Forget all photos of this user, so that their links no longer work. Call this only from a callback."""
    own_key = st.session_state.pop("own_key", None)
    for key in (own_key, *st.session_state.pop("ever_shared", ())):
        if key:
            kept_photos.forget(store(), key)
    st.session_state.pop("shared_as", None)
    if own_photo := st.session_state.pop("own_photo", None):
        cached.forget(own_photo)
    teaching.forget()
    choose_picture(next(iter(SAMPLES)))


def has_ever_shared() -> bool:
    """Return whether the user has shared a photo, so that there may be links to it."""
    return bool(st.session_state.get("ever_shared"))


def find_asked_photo() -> None:
    """Get the shared photo in the address from the store. Call this before the widget that chooses a photo.

    If the photo on screen was shared and its link no longer works, drop it, and ask for it as an address
    does, so that the page says why it is gone.
    """
    name = picture_name()
    if photo_is_gone() and name == SHARED + st.session_state.get("shared_as", ""):
        st.session_state["picture"] = OWN  # the same photo, which stays as long as the session
    elif photo_is_gone():
        _forget_visited()
        address.ask("picture", name)
    asked = address.asked("picture") or ""
    if asked.startswith(SHARED) and asked not in pictures():
        shared = kept_photos.find(store(), asked.removeprefix(SHARED))
        if shared is not None:
            st.session_state["visited_photo"] = (asked, shared)


def _forget_visited() -> None:
    _, photo = st.session_state.pop("visited_photo", ("", None))
    if photo is not None:
        cached.forget(photo)


def photo_is_gone() -> bool:
    """Return whether the chosen photo was shared by a link that no longer works."""
    name = picture_name()
    return name.startswith(SHARED) and not kept_photos.is_kept(store(), name.removeprefix(SHARED))


def in_vain(name: str) -> str:
    """Return why the photo in the address is not shown, as a sentence without its end; "" if unknown."""
    if name == OWN:
        return "The address belongs to a photo that its owner has not shared, or that is no longer kept"
    if name.startswith(SHARED):
        return (
            "The photo of this link is no longer here: its owner has removed it, or it was shared more than "
            f"{settings().hours} ago"
        )
    return ""


def forget_photo_error() -> None:
    """Forget the error about a file that could not be read: another photo has been chosen."""
    st.session_state.pop("photo_error", None)


def photos_taken() -> int:
    """Return how many files the user has uploaded or taken, usable or not."""
    return st.session_state.get("photos_taken", 0)


def photo_error() -> str:
    """Return what was wrong with the last file, or ""."""
    return st.session_state.get("photo_error", "")


def is_secure() -> bool:
    """Return whether the page is from this machine or uses https; only then do browsers allow the camera."""
    page = urlsplit(st.context.url or "http://localhost")
    return page.scheme == "https" or page.hostname in ("localhost", "127.0.0.1", "::1")


def can_use_camera() -> bool:
    return settings().camera and is_secure()
