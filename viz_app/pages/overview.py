"""The front page: the network with the feature maps of a photo, and links to other pages."""

import streamlit as st

from model.networks import get_source
from viz_app import address, cached, state
from viz_app.components import clickable_picture
from viz_app.draw import pictures
from viz_app.lessons import shelf
from viz_app.widgets.network import whole_network
from viz_app.widgets.run import part
from viz_app.widgets.show import heading, photo_promise, photo_upload

heading(
    "Watch a photo turn into a name",
    "In every layer you see real feature maps, computed from this photo just now.",
)


@part
def overview() -> None:
    _say_what_is_not_here()
    picked = whole_network()
    if picked:
        _open(*picked.partition(":")[::2])
    _doors()


def _say_what_is_not_here() -> None:
    """Say which weights are used if the chosen ones are missing; the closed sidebar offers the download."""
    wanted, shown = state.chosen("weights", None), state.network().weights
    if wanted not in (None, shown):
        st.info(
            f"{get_source(wanted).title} are not on this machine yet: open the sidebar to download them. "
            f"Used until then: {get_source(shown).title}."
        )


def _open(layer: str, channel: str) -> None:
    """Open the page about a layer, with the channel that was clicked, if any."""
    network = state.network()
    if layer in ("input", "answer"):
        address.go("prediction")
    infos = {info.name: info for info in cached.layers(network.architecture)}
    page = "feature_maps" if infos[layer].is_spatial else "network"
    address.go(page, {"layer": layer} | ({"channel": channel} if channel else {}))


def _doors() -> None:
    photo, lesson, explore = st.columns(3, gap="medium")
    with photo, st.container(border=True, height="stretch", key="door_photo"):
        st.subheader("Try your photo", anchor=False)
        photo_upload(f"front-upload-{state.photos_taken()}", label_visibility="collapsed")
        photo_promise()
        if state.photo_error():
            st.error(f"{state.photo_error()} The previous photo is still here.")
        titles = state.pictures()
        names = list(titles)
        clickable_picture(
            pictures.photo_grid([state.photo(name).image for name in names], columns=6),
            key="front_pictures",
            selected=names.index(state.picture_name()),
            on_pick=lambda index: state.choose_picture(names[index]),
            alt="The photos to choose from: " + ", ".join(titles.values()),
            labels=["" for _ in names],
        )
    with lesson, st.container(border=True, height="stretch", key="door_lesson"):
        st.subheader("Start the lesson", anchor=False)
        first = shelf.names()[0]
        if found := state.lesson.named(first):  # while a teacher edits its file, it may have mistakes
            st.markdown(found.summary)
            st.button(
                f"{found.title}, {found.minutes} minutes",
                key="start_lesson",
                on_click=state.lesson.go_to,
                args=(first,),
                type="primary",
                icon=":material/play_arrow:",
                width="stretch",
            )
        st.page_link("../pages/lessons.py", label="All lessons", icon=":material/menu_book:")
    with explore, st.container(border=True, height="stretch", key="door_explore"):
        st.subheader("Explore", anchor=False)
        st.markdown("The filters of the first layer, and the feature maps of every layer for this photo.")
        st.page_link("../pages/filters.py", label="Filters", icon=":material/grid_view:")
        st.page_link("../pages/feature_maps.py", label="Feature maps", icon=":material/layers:")


overview()
