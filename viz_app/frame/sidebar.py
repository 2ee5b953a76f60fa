"""The sidebar of every page, in which photo and network are chosen."""

from __future__ import annotations

import streamlit as st

from model.errors import UserError
from model.networks import get_source, sources_for
from model.weights.sources import DEFAULT_ARCHITECTURE, WeightsSource
from viz_app import address, cached, state
from viz_app.components import clickable_picture
from viz_app.draw import pictures
from viz_app.samples import SAMPLES
from viz_app.settings import settings
from viz_app.widgets.own_weights import own_weights
from viz_app.widgets.run import part, wait_for
from viz_app.widgets.show import photo_promise, photo_upload


def show() -> None:
    address.everything_is_drawn()
    with st.sidebar:
        _picture()
        _network()


def _picture() -> None:
    st.subheader("Photo", anchor=False)
    state.find_asked_photo()
    titles = state.pictures()
    names = list(titles)
    strip = st.container()
    chosen = st.selectbox(
        "Picture",
        names,
        format_func=titles.__getitem__,
        label_visibility="collapsed",
        on_change=state.forget_photo_error,
        **address.kept("picture", titles, names[0], vain=state.in_vain),
    )
    with strip:  # drawn after the widget, which reads the choice from the address
        clickable_picture(
            pictures.photo_grid([state.photo(name).image for name in names]),
            key="pictures",
            selected=names.index(chosen),
            on_pick=lambda index: state.choose_picture(names[index]),
            alt="The photos to choose from: " + ", ".join(titles.values()),
            labels=["" for _ in names],
        )
    _bring_photo()
    if state.has_own_photo() or state.has_ever_shared():
        _share()
    if state.photo_error():
        st.error(f"{state.photo_error()} The previous photo is still here.")
    for note in state.photo().notes:
        st.caption(note)
    if sample := SAMPLES.get(chosen):
        st.caption(f"Photo: {sample.author}, {sample.licence}", help=sample.source)


def _bring_photo() -> None:
    """Show the widgets to upload or take a photo, and say where the photo goes."""
    with st.container(key="upload"):
        photo_upload(f"upload-{state.photos_taken()}")
    photo_promise()
    if not settings().camera:
        return
    if not state.is_secure():
        st.caption(
            "Browsers allow the camera only if the app runs on your own computer or its address begins with "
            "https. On a phone, choose Upload: it offers the phone's camera."
        )
    elif st.toggle("Use the camera", key="use_camera", persist_state="session"):
        shot = f"camera-{state.photos_taken()}"
        st.camera_input(
            "Camera", key=shot, on_change=state.take_photo, args=(shot,), label_visibility="collapsed"
        )


def _share() -> None:
    """Show the buttons to share the user's own photo by a link, and to forget it."""
    if state.is_shared():
        st.caption(f"Shared: for {settings().hours}, everyone with the link of a page sees your photo there.")
    elif state.has_own_photo() and settings().share_photos:
        st.button(
            "Share this photo",
            key="share_photo",
            on_click=state.share_photo,
            icon=":material/share:",
            width="stretch",
            help=f"For {settings().hours}, everyone who opens the address of a page then sees your photo.",
        )
    st.button(
        "Forget my photos",
        key="forget_photo",
        on_click=state.forget_photos,
        icon=":material/delete:",
        width="stretch",
        help="Removes all your photos from the app's memory. Links that you have shared no longer show them.",
    )


def _network() -> None:
    st.subheader("Network", anchor=False)
    now = st.container()  # drawn after the widgets, which read the choices from the address
    known = state.architectures()
    titles = {name: one.title for name, one in known.items()}
    with st.expander("Settings", icon=":material/tune:"):
        kept = address.kept("architecture", titles, DEFAULT_ARCHITECTURE)
        architecture = st.selectbox("Architecture", list(titles), format_func=titles.__getitem__, **kept)
        st.caption(known[architecture].summary)
        sources = {source.name: source.title for source in sources_for(architecture)}
        kept = address.kept("weights", sources, next(iter(sources)))
        source = get_source(st.selectbox("Weights", list(sources), format_func=sources.__getitem__, **kept))
        _about(source)
        if known[architecture].fixes_lrn:
            st.caption(
                "This architecture has constants of LRN of its own. They replace those that the weights were "
                "trained with."
            )
        if len(cached.devices()) > 2:
            st.selectbox("Device", cached.devices(), key="device", persist_state="session")
        if settings().own_weights and st.button(
            "Your own weights", key="own_weights", icon=":material/upload_file:", width="stretch"
        ):
            own_weights()
    device = cached.device_title(state.network().device)
    now.markdown(f"{titles[architecture]}  \n{source.title}, on the {device}")
    if not state.is_here(source.name):
        _download(source)


def _about(source: WeightsSource) -> None:
    if source.top1 is None:
        accuracy = source.accuracy
    else:
        within = "" if source.top5 is None else f", {source.top5:g} % within five"
        accuracy = f"{source.top1:g} % right at the first guess{within} ({source.accuracy})"
    with st.popover("About these weights", width="stretch"):
        st.markdown(f"**{source.title}**\n\n{source.origin}")
        st.markdown(f"**Accuracy:** {accuracy}\n\n**Licence:** {source.licence}")


@part
def _download(source: WeightsSource) -> None:
    """Offer a download of weights. Meanwhile other weights are used, and the page says which."""
    st.info(f"Not on this machine yet. Used until then: {get_source(state.network().weights).title}.")
    wanted = f"download-{source.name}"
    if state.chosen(wanted, False):
        try:
            done = wait_for(cached.download(source), "Downloading")
        except UserError as error:
            state.choose(wanted, False)
            st.error(str(error))
        else:
            if done:
                state.choose(wanted, False)
                cached.download.clear(source)  # so that the file can be downloaded again if it is deleted
                st.rerun()
            return
    if not settings().downloads:
        return
    megabytes = source.files[0].size / 1e6
    st.button(
        f"Download {megabytes:.0f} MB",
        key="download",
        type="primary",
        width="stretch",
        on_click=state.choose,
        args=(wanted, True),
    )
