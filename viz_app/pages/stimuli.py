"""The page Stimuli: gratings and shapes in place of a photo, and the tuning of each filter of conv1."""

from dataclasses import replace

import numpy as np
import streamlit as st

from model.preprocess import Photo, network_crop
from viz_app import address, cached, state
from viz_app.cached import Network
from viz_app.components import clickable_picture
from viz_app.draw import figures, lab_figures, pictures
from viz_app.widgets.choose import telling_channel
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading, picture
from viz_app.widgets.stimulus import choose_stimulus, show_grating, shown_grating

ORDERS = ("colourfulness", "preferred orientation", "preferred frequency", "index")

heading(
    "Stimuli",
    "Gratings, bars and shapes in place of a photo: see which filters of conv1 respond, and to which "
    "orientation, frequency and colour each of them is tuned.",
)


@part
def lab() -> None:
    network = state.network()
    data = network.data
    stimulus = choose_stimulus(max(data.resize_to, data.input_size))
    answers = st.container()
    columns = st.columns([4, 6, 5], gap="medium")
    # This comes first, since the chosen filter is marked among the responses.
    chosen = _choose_filter(columns[0], network)
    with answers:
        _answers(stimulus, network, chosen)
    _tuning(network, chosen, columns)
    _sorted(network, chosen)
    background("stimuli")


def _answers(stimulus: Photo, network: Network, chosen: int) -> None:
    answer = cached.answer(stimulus, network)
    picture, responses, classes = st.columns([4, 6, 5], gap="medium")
    with picture:
        _picture(stimulus, network)
    with responses:
        _responses(answer.conv1, network, chosen)
    with classes:
        st.markdown("**Prediction**")
        chart(
            figures.probabilities(answer.classification.top(5)).update_traces(textangle=0),
            key="stimulus_classes",
            alt="The five most probable classes for the stimulus",
        )


def _picture(stimulus: Photo, network: Network) -> None:
    st.markdown("**Stimulus**")
    with st.container(key="stimulus_picture"):
        picture(network_crop(stimulus, network.data), "The crop of the stimulus that the network sees")
    st.button(
        "Use as the photo",
        key="use_stimulus",
        on_click=state.use_photo,
        args=(stimulus,),
        width="stretch",
        help="All other pages then show this stimulus.",
        icon=":material/add_photo_alternate:",
    )


def _responses(maps: np.ndarray, network: Network, chosen: int) -> None:
    st.markdown("**Responses of conv1** · above zero")
    # With negative values, the stripes of fine gratings would cancel when the tiles are shrunk.
    tiles = pictures.map_tiles(np.maximum(maps, 0), common_scale=True)
    mosaic = pictures.mosaic(tiles, pictures.columns(len(maps)), network.data.towers)
    clickable_picture(
        replace(mosaic, pixelated=False),  # else shrunk stripes would show false patterns
        key="stimulus_maps",
        selected=chosen,
        on_pick=lambda index: state.choose("filter", index),
        alt=f"The feature maps of all {len(maps)} filters of conv1 for the stimulus",
        labels=[f"filter {i}: from {m.min():.4g} to {m.max():.4g}" for i, m in enumerate(maps)],
    )


def _choose_filter(column, network: Network) -> int:
    count = len(cached.kernels(network, "conv1"))
    usual = telling_channel(cached.layers(network.architecture)[0])
    return column.number_input("Filter", 0, count - 1, **address.kept("filter", range(count), usual))


def _tuning(network: Network, chosen: int, columns: list) -> None:
    tuning, kernels = cached.tuning(network), cached.kernels(network, "conv1")
    facts, surface, curves = columns
    with facts:
        colour, orientation, frequency = tuning.best[:, chosen]
        best = (float(tuning.orientations[orientation]), float(tuning.frequencies[frequency]))
        name, values = tuning.colours[colour], tuning.amplitude[colour, chosen]
        tile, words = st.columns([2, 3], vertical_alignment="center")
        with tile, st.container(key="filter_colour"):
            enlarged = pictures.enlarge(pictures.filter_tiles(kernels[[chosen]], False)[0], 16)
            picture(enlarged, f"Filter {chosen} in colour")
        words.markdown(f"prefers **{name}** at **{best[0]:g}°**, **{best[1]:.3g}** cycles per pixel")
        st.caption(
            f"Orientation selectivity {tuning.selectivity[chosen]:.2f} · "
            f"colourfulness {tuning.colourfulness[chosen]:.2f} · response to plain grey "
            f"{tuning.rest[chosen]:.3g}, to a grating at most {values[orientation, frequency]:,.0f} more"
        )
        st.button(
            "Show the preferred grating",
            key="show_preferred",
            on_click=show_grating,
            args=(*best, name),
            width="stretch",
        )
    with surface:
        shown = shown_grating(name)
        st.markdown(f"**Response to {name} gratings**")
        chart(
            lab_figures.tuning_surface(values, tuning.orientations, tuning.frequencies, best, shown),
            key="tuning_surface",
            alt=f"How strongly filter {chosen} responds to each orientation and frequency",
        )
        st.caption("Cross: the maximum." + (" Ring: the stimulus." if shown else ""))
    with curves:
        st.markdown("**Response when only one of the two changes**")
        for key, x, y, at, title in (
            ("orientation", tuning.orientations, values[:, frequency], best[0], "orientation in degrees"),
            ("frequency", tuning.frequencies, values[orientation], best[1], "cycles per pixel"),
        ):
            chart(
                lab_figures.tuning_curve(x, y, at, title),
                key=f"curve_{key}",
                alt=f"Tuning curve of filter {chosen} over {key}",
            )


def _sorted(network: Network, chosen: int) -> None:
    tuning, kernels = cached.tuning(network), cached.kernels(network, "conv1")
    towers = network.data.towers
    title, control = st.columns([3, 2], vertical_alignment="bottom")
    title.subheader("All filters", anchor=False)
    order = control.selectbox("Sorted by", ORDERS, **address.kept("filter_order", ORDERS, ORDERS[0]))
    quantity = {
        "colourfulness": tuning.colourfulness,
        "preferred orientation": tuning.preferred_orientation,
        "preferred frequency": tuning.preferred_frequency,
        "index": np.arange(len(kernels)),
    }[order]
    ranking = np.argsort(quantity, kind="stable")
    counts = tuning.colour_selective(towers)
    each = len(kernels) // towers
    where = [""] if towers == 1 else [" in the first tower", " in the second tower"]
    title.markdown(
        "Colour-selective: "
        + ", ".join(f"**{n}** of {each}{w}" for n, w in zip(counts, where, strict=True))
        + ". A filter counts if more than half of its energy is in colour."
    )
    clickable_picture(
        pictures.mosaic(
            pictures.filter_tiles(kernels[ranking], common_scale=False), 24 if len(kernels) % 24 == 0 else 16
        ),
        key="sorted_filters",
        selected=int(np.flatnonzero(ranking == chosen)[0]),
        on_pick=lambda position: state.choose("filter", int(ranking[position])),
        alt=f"All filters of conv1, sorted by {order}",
        labels=[_preference(tuning, index) for index in ranking],
    )


def _preference(tuning, index: int) -> str:
    return (
        f"filter {index}: {tuning.preferred_colour[index]}, {tuning.preferred_orientation[index]:g}°, "
        f"{tuning.preferred_frequency[index]:.3g} cycles per pixel, "
        f"colourfulness {tuning.colourfulness[index]:.2f}"
    )


lab()
