"""What this browser session has chosen: the only code that touches session state.

Choices that others should be able to open by a link are bound to the address by their widgets'
`bind="query-params"`; the photo is not, since it stays in this session.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from model.errors import UserError
from model.preprocess import Photo, read_photo
from model.receptive_field import Box
from model.weights.files import find
from model.weights.sources import DEFAULT_ARCHITECTURE, get_source, sources_for
from viz_app import cached
from viz_app.cached import Network
from viz_app.jobs import Job
from viz_app.samples import SAMPLES

OWN = "yours"  # the choice that stands for an uploaded or taken picture


def pictures() -> list[str]:
    """The pictures to choose from: the samples, and the session's own if there is one."""
    return [*SAMPLES, OWN] if "own_photo" in st.session_state else list(SAMPLES)


def picture_name() -> str:
    """Which of the `pictures` is chosen."""
    return st.session_state.get("picture") or next(iter(SAMPLES))


def photo(name: str | None = None) -> Photo:
    """The picture of that name, or the chosen one."""
    name = name or picture_name()
    return st.session_state["own_photo"] if name == OWN else cached.sample(name)


def choose(key: str, value: Any) -> None:
    """Set a widget's choice from elsewhere, such as a click in a picture; call it in a callback."""
    st.session_state[key] = value


def chosen(key: str, default: Any) -> Any:
    """What `choose` has set, for choices that no widget holds."""
    return st.session_state.get(key, default)


def take_photo(key: str) -> None:
    """Make the file in an upload or camera widget this session's picture, or say why not.

    Whatever is wrong with the file, the picture shown before stays. The widget's key is counted up,
    so that Streamlit can let go of the full-size file.
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
    """Make a picture that the app has drawn this session's own; call it in a callback."""
    st.session_state["own_photo"] = own_photo
    choose_picture(OWN)


def choose_picture(name: str) -> None:
    """Choose one of the `pictures`; call it in a callback, also within a part of a page."""
    choose("picture", name)
    forget_photo_error()
    st.session_state["sidebar_is_behind"] = True


def sidebar_is_behind() -> bool:
    """Whether a part of a page, which reruns alone, has chosen what the sidebar shows too."""
    return st.session_state.get("sidebar_is_behind", False)


def sidebar_is_drawn() -> None:
    """The sidebar shows what is chosen."""
    st.session_state.pop("sidebar_is_behind", None)


def forget_photo_error() -> None:
    """Once another picture is chosen, a file that could not be read is no longer of interest."""
    st.session_state.pop("photo_error", None)


def photos_taken() -> int:
    """How many files this session has brought, good or bad."""
    return st.session_state.get("photos_taken", 0)


def photo_error() -> str:
    return st.session_state.get("photo_error", "")


def valid_choice(key: str, options: Sequence, default: Any = None) -> None:
    """Drop a choice that the options no longer hold, as after a change of architecture."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0] if default is None else default


def place_is_of_another(of: tuple) -> bool:
    """Whether the chosen row and column belong to another map than this one, which is what they belong to
    from now on. Not where they have just been chosen, or come from the address.
    """
    before = st.session_state.get("place_of")
    st.session_state["place_of"] = of
    return before is not None and before != of


def channel_is_of_another(layer: str) -> bool:
    """Whether the chosen channel was another layer's, whose number shown last it still is."""
    before = st.session_state.get("place_of")
    return before is not None and before[-2] != layer and before[-1] == st.session_state.get("channel")


def choose_place(row: int, column: int) -> None:
    """Set row and column of whichever map is shown next; call it in a callback."""
    choose("row", row)
    choose("column", column)
    st.session_state.pop("place_of", None)


def valid_choices(key: str, options: Sequence) -> None:
    """Drop those of several choices that the options no longer hold."""
    if key in st.session_state:
        st.session_state[key] = [choice for choice in st.session_state[key] if choice in options]


def network() -> Network:
    """The chosen network; weights that are not on this machine are replaced by some that are."""
    architecture = st.session_state.get("architecture") or DEFAULT_ARCHITECTURE
    weights = st.session_state.get("weights") or sources_for(architecture)[0].name
    if not is_here(weights):
        weights = next(source.name for source in sources_for(architecture) if is_here(source.name))
    return Network(architecture, weights, st.session_state.get("device") or "auto")


def can_use_camera() -> bool:
    """Browsers lend a camera only to pages from this machine or from https."""
    address = urlsplit(st.context.url or "http://localhost")
    return address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1", "::1")


def drop_endless_numbers() -> None:
    """Forget numbers in the address that no field can hold, such as channel=inf."""
    for name, text in st.query_params.to_dict().items():
        try:
            is_finite = math.isfinite(float(text))
        except ValueError:
            continue
        if not is_finite:
            del st.query_params[name]


def use_weights(weights: str) -> None:
    """Choose weights, and fetch them if they are not here; call it in a callback."""
    choose("weights", weights)
    if not is_here(weights):
        choose(f"download-{weights}", True)
    st.session_state["sidebar_is_behind"] = True


def is_here(weights: str) -> bool:
    """Whether these weights can be used without a download."""
    source = get_source(weights)
    return not source.files or find(source) is not None


def _off_key(network: Network) -> str:
    """With other weights, the same channel is another one."""
    return f"off-{network.architecture}-{network.weights}"


def switched_off(network: Network) -> dict[str, frozenset[int]]:
    """The channels of each layer that this session has switched off in a network."""
    return st.session_state.get(_off_key(network), {})


def switch(network: Network, layer: str, channels: Sequence[int]) -> None:
    """Switch channels of a layer off, or on again if they are off."""
    off = switched_off(network)
    changed = off.get(layer, frozenset()) ^ frozenset(channels)
    st.session_state[_off_key(network)] = {**off, layer: changed}


def switch_off(network: Network, layer: str, channels: Sequence[int]) -> None:
    """Switch channels of a layer off; those that are off stay so."""
    off = switched_off(network)
    changed = off.get(layer, frozenset()) | frozenset(channels)
    st.session_state[_off_key(network)] = {**off, layer: changed}


def switch_all_on(network: Network) -> None:
    """Every channel of every layer takes part again."""
    st.session_state.pop(_off_key(network), None)


def session() -> str:
    """A name for this browser session, by which it waits for jobs."""
    return st.session_state.setdefault("session", uuid.uuid4().hex)


@contextmanager
def waiting(part: str) -> Iterator[None]:
    """While a part of a page runs: jobs that it waited for in its last run and no longer wants are left."""
    session_jobs = st.session_state.setdefault("waiting", {})
    outer = st.session_state.get("waits_for")
    now: list[Job] = []
    st.session_state["waits_for"] = now
    try:
        yield
    finally:
        st.session_state["waits_for"] = outer
    for job in session_jobs.get(part, ()):
        if job not in now:
            job.leave(session())
    session_jobs[part] = now


def waits_for(job: Job) -> None:
    """Join a job on behalf of the part of a page that runs."""
    job.join(session())
    collected = st.session_state.get("waits_for")
    if collected is not None:
        collected.append(job)


def has_stopped(job: Job) -> bool:
    return job.name in st.session_state.get("stopped_jobs", ())


def stop(job: Job) -> None:
    """Wait for a job no longer, until the user starts it again."""
    st.session_state.setdefault("stopped_jobs", set()).add(job.name)
    job.leave(session())


def start_again(job: Job) -> None:
    st.session_state["stopped_jobs"].discard(job.name)


def _box_key(network: Network) -> str:
    """A box belongs to a picture at a size: it is counted in the pixels of the network's crop."""
    return f"box-{photo().sha256[:12]}-{network.data.input_size}"


def drawn_box(network: Network) -> Box | None:
    """The box that this session has drawn on the chosen picture, in pixels of the network's crop."""
    return st.session_state.get(_box_key(network))


def draw_box(network: Network, box: Box | None) -> None:
    """Keep a box for the chosen picture, or drop it; call it in a callback."""
    st.session_state[_box_key(network)] = box
