"""Keep the user's own photo and the choices of all pages when a browser tab is reloaded.

The tab keeps only a random id, in the browser's storage for this tab. The store keeps everything else under
this id. A new session asks the tab for the id of the session before.
"""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from viz_app import address, kept_photos
from viz_app.components.tab import tab as component
from viz_app.state.photos import OWN, has_own_photo
from viz_app.store import new_key, store

# What the session state contains about the user's photos, predictions, class, and own lesson.
OWNED = (
    *("own_key", "shared_as", "ever_shared", "class_secret", "class_student", "own_lesson"),
    *("predictions", "quiz_answers"),
)


def show(is_in_class: bool) -> None:
    """Put an invisible component on the page. Wait for its answer if the address needs the user's photo.

    Args:
        is_in_class: whether the session is in a class. Then it needs the answer, too: a teacher who has
            reloaded the page must not be taken for a student.
    """
    for_photo = address.asked("picture") == OWN and not has_own_photo() and not has_answered()
    component(_id(), waits=for_photo or (is_in_class and not has_answered()), on_answer=_restore)
    if for_photo:
        st.info("Fetching your photo …", icon=":material/hourglass:")
        st.stop()


def has_answered() -> bool:
    """Return whether the tab has said which session it had before, if anything waits for this."""
    return st.session_state.get("tab_has_answered", False)


def _id() -> str:
    return st.session_state.setdefault("tab", new_key())


def save() -> None:
    """Keep all choices and the ids of the user's photos on the server, for when this tab is reloaded."""
    own = {name: st.session_state[name] for name in OWNED if name in st.session_state}
    kept = json.dumps({"choices": address.everything(), "own": own})
    if kept != st.session_state.get("tab_saved"):
        st.session_state["tab_saved"] = kept
        store().put(_in_store(_id()), kept.encode())


def _in_store(key: str) -> str:
    return f"tab-{key}"


def _restore(before: str) -> None:
    """Restore the photo and the choices of the session that this tab had before."""
    st.session_state["tab_has_answered"] = True
    data = store().get(_in_store(before)) if before else None
    if data is None:
        return
    kept: dict[str, Any] = json.loads(data)
    own = kept["own"]
    photo = kept_photos.find(store(), own.get("own_key", ""))
    if photo is not None and not has_own_photo():
        st.session_state["own_photo"] = photo
    st.session_state.update({name: value for name, value in own.items() if name not in st.session_state})
    address.remember(kept["choices"])
