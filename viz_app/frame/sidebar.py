"""The sidebar of every page: which picture, which network."""

from __future__ import annotations

import streamlit as st

from model.architectures import ARCHITECTURES
from model.errors import UserError
from model.preprocess import EXTENSIONS
from model.weights.sources import DEFAULT_ARCHITECTURE, WeightsSource, get_source, sources_for
from viz_app import cached, state
from viz_app.components import clickable_picture
from viz_app.draw import pictures
from viz_app.samples import SAMPLES
from viz_app.widgets.run import part, wait_for


def show() -> None:
    state.sidebar_is_drawn()
    with st.sidebar:
        _picture()
        _network()


def _picture() -> None:
    st.subheader("Photo", anchor=False)
    names = state.pictures()
    state.valid_choice("picture", names)
    strip = st.container()
    chosen = st.selectbox(
        "Picture",
        names,
        key="picture",
        label_visibility="collapsed",
        bind="query-params",
        on_change=state.forget_photo_error,
    )
    with strip:  # after the widget, which knows what the address says
        clickable_picture(
            pictures.photo_grid([state.photo(name).image for name in names]),
            key="pictures",
            selected=names.index(chosen),
            on_pick=lambda index: state.choose_picture(names[index]),
            alt="The pictures to choose from: " + ", ".join(names),
            labels=["" for _ in names],
        )
    with st.container(key="upload"):
        upload = f"upload-{state.photos_taken()}"
        st.file_uploader("Your own photo", EXTENSIONS, key=upload, on_change=state.take_photo, args=(upload,))
    if not state.can_use_camera():
        st.caption("On a phone, this offers its camera too.")
    elif st.toggle("Use the camera", key="use_camera", persist_state="session"):
        shot = f"camera-{state.photos_taken()}"
        st.camera_input(
            "Camera", key=shot, on_change=state.take_photo, args=(shot,), label_visibility="collapsed"
        )
    if state.photo_error():
        st.error(f"{state.photo_error()} The picture you had is still here.")
    for note in state.photo().notes:
        st.caption(note)
    if sample := SAMPLES.get(chosen):
        st.caption(f"Photo: {sample.author}, {sample.licence}", help=sample.source)


def _network() -> None:
    st.subheader("Network", anchor=False)
    names = list(ARCHITECTURES)
    architecture = st.selectbox(
        "Architecture", names, names.index(DEFAULT_ARCHITECTURE), key="architecture", bind="query-params"
    )
    st.caption(f"**{ARCHITECTURES[architecture].title}.** {ARCHITECTURES[architecture].summary}")
    sources = [source.name for source in sources_for(architecture)]
    state.valid_choice("weights", sources)
    source = get_source(st.selectbox("Weights", sources, key="weights", bind="query-params"))
    if not state.is_here(source.name):
        _download(source)
    _about(source)
    if len(cached.devices()) > 2:
        st.selectbox("Device", cached.devices(), key="device", persist_state="session")
    st.caption(f"Runs on: {cached.device_title(state.network().device)}")


def _about(source: WeightsSource) -> None:
    if source.top1 is None:
        accuracy = source.accuracy
    else:
        accuracy = (
            f"{source.top1:g} % right at the first guess, {source.top5:g} % within five ({source.accuracy})"
        )
    with st.popover("About these weights", width="stretch"):
        st.markdown(f"**{source.title}**\n\n{source.origin}")
        st.markdown(f"**Accuracy:** {accuracy}\n\n**Licence:** {source.licence}")


@part
def _download(source: WeightsSource) -> None:
    """Offer the download; what is shown meanwhile are weights that are here."""
    st.info(f"Not on this machine yet. Until then you see: {get_source(state.network().weights).title}.")
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
                cached.download.clear(source)  # the file may be deleted one day, and wanted again
                st.rerun()
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
