"""The page Comparison: AlexNet beside the networks before and after it, and its variants side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.networks import architectures, get_source, sources_for
from viz_app import address, cached, state
from viz_app.cached import Network
from viz_app.draw import comparison as drawn
from viz_app.draw import figures, variants
from viz_app.widgets.run import part, wait_for
from viz_app.widgets.show import background, chart, heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from model.comparison import Compared
    from viz_app.cached import Timing

PAPER = "https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks"
CONTEST = "https://arxiv.org/abs/1409.0575"
UNSTEADY = 2.0  # a larger spread of times than this is reported
SIDES = {"left": "alexnet-2012", "right": "alexnet-torchvision"}
KNOWN = architectures()
TITLES = {name: architecture.title for name, architecture in KNOWN.items()}

heading(
    "AlexNet before and after",
    "What AlexNet costs and how often it is right, beside an earlier network and those that came later.",
)


@part
def all_networks() -> None:
    networks = cached.compared()
    _chart(networks)
    _table(networks)
    st.subheader("When to use AlexNet, and when not", anchor=False)
    with st.container(border=True, key="advice", gap="medium"):
        for statement, evidence in drawn.advice(networks).items():
            left, right = st.columns([2, 3])
            left.markdown(statement)
            right.markdown(evidence)


def _chart(networks: dict[str, Compared]) -> None:
    chart(
        drawn.accuracy_and_cost(networks.values()),
        "comparison_chart",
        "Top-1 accuracy of nine networks against their multiply-adds. Both AlexNets are the least accurate.",
    )
    vgg, mobile = networks["vgg16"], networks["mobilenet_v2"]
    st.caption(
        f"The area of a point is the number of parameters: {vgg.parameters / 1e6:.0f} million for "
        f"{vgg.title}, {mobile.parameters / 1e6:.1f} million for {mobile.title}. The network of 2012 "
        "averages its predictions over ten crops of each picture, as its paper says. The others see one "
        "crop, which makes their task a little harder. LeNet-5 reads digits and has no accuracy on ImageNet, "
        "so it is only in the table."
    )


def _table(networks: dict[str, Compared]) -> None:
    column = st.column_config
    with st.container(key="comparison_table"):
        st.dataframe(
            drawn.network_table(networks.values()),
            hide_index=True,
            height="content",
            placeholder="–",
            column_config={
                "network": column.TextColumn(width=150, pinned=True),
                "year": column.NumberColumn(format="%d", width=60),
                "depth": column.NumberColumn(
                    width=65, help="Layers with weights on the longest way, normalization left out."
                ),
                "parameters": column.NumberColumn(format="localized", width=100),
                "multiply-adds": column.NumberColumn(
                    format="localized", width=120, help="For one picture. One multiply-add is two FLOPs."
                ),
                "outputs": column.NumberColumn(
                    "outputs, MB",
                    format="%.2f",
                    width=95,
                    help="Memory for the outputs of convolutions, fully connected layers and attention, for "
                    "one picture in float32.",
                ),
                "top-1": column.NumberColumn(
                    "top-1, %", format="%.1f", width=75, help="Published accuracy on ImageNet's validation."
                ),
                "weights": column.TextColumn("weights of this accuracy", width=325),
            },
            alt="All networks with year, depth, costs, accuracy and the techniques that they use",
        )


def history() -> None:
    st.subheader("The contest of 2012 in figures", anchor=False)
    chart(drawn.errors(), "contest_errors", "Top-5 errors of the second place and of AlexNet as bars")
    st.caption(
        f"Top-5 errors, from [table 2 of the paper]({PAPER}). The error of one network is on the "
        "validation pictures, and the others are on the test pictures. Two of the seven networks were "
        "trained first on a larger part of ImageNet."
    )
    st.markdown(
        "- **ImageNet:** over 15 million pictures in roughly 22,000 categories "
        f"([section 2 of the paper]({PAPER})).\n"
        "- **The contest, ILSVRC 2012:** 1.2 million of these pictures for training, in 1,000 classes "
        f"([Russakovsky et al. 2015]({CONTEST})).\n"
        "- **Training:** about 90 passes through these pictures took five to six days on two GTX 580 GPUs "
        f"with 3 GB each ([section 5 of the paper]({PAPER})).\n"
        f"- **Authors:** Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton, [ImageNet classification with "
        f"deep convolutional neural networks]({PAPER}), 2012."
    )


@part
def measured() -> None:
    st.subheader("Measured here", anchor=False)
    st.markdown(
        "How long does one picture take on this machine? The chosen network and three networks with random "
        "weights are timed. Random weights take as long as trained ones."
    )
    network = state.network()
    key = f"measured-{network}"
    turn = state.chosen(key, 0)
    with st.container(key="measured_here"):
        st.button(
            "Measure again" if turn else "Measure the time",
            key="measure",
            icon=":material/timer:",
            on_click=state.choose,
            args=(key, turn + 1),
        )
        if not turn:
            return
        found = wait_for(cached.timings(network, turn), "Timing four networks")
        if found is not None:
            _times(found)


def _times(found: Sequence[Timing]) -> None:
    chart(drawn.times(found), "times", "The time that each network takes for one picture as bars")
    own, other = found[0], found[1]
    device = cached.device_title(state.network().device)
    st.markdown(
        f"{other.title} has **{other.macs / own.macs:.2f} times** the multiply-adds of {own.title} and took "
        f"**{other.milliseconds / own.milliseconds:.2f} times** its time. The multiply-adds alone do not "
        "decide: weights have to be read, and every layer has to be started."
    )
    st.caption(
        f"Median of {len(own.passes)} passes with one picture. Device: {device}. The multiply-adds are below "
        "each name. The networks take turns, so that other work on this machine does not slow only one."
    )
    if (spread := max(one.spread for one in found)) > UNSTEADY:
        st.info(
            f"The slowest pass of a network took {spread:.1f} times as long as its fastest. Probably other "
            "work was running, so do not trust these times: measure again.",
            icon=":material/info:",
        )


@part
def two_architectures() -> None:
    st.subheader("Two variants of AlexNet, layer by layer", anchor=False)
    names = []
    for column, (side, usual) in zip(st.columns(2), SIDES.items(), strict=True):
        with column:
            names.append(
                st.selectbox(
                    side.capitalize(),
                    list(TITLES),
                    format_func=TITLES.__getitem__,
                    **address.kept(side, TITLES, usual),
                )
            )
    _layers(*names)
    st.subheader("Their predictions for your photo", anchor=False)
    for column, side, name in zip(st.columns(2, gap="large"), SIDES, names, strict=True):
        with column:
            _prediction(side, name)


def _layers(left: str, right: str) -> None:
    table = variants.side_by_side(KNOWN[left], KNOWN[right])
    count = int((table["different"].iloc[:-1] != "").sum())
    st.markdown(
        f"**{count} of {len(table) - 1} rows differ.** They are coloured."
        if count
        else "**Both sides are the same.**"
    )
    column = st.column_config
    with st.container(key="two_architectures"):
        st.dataframe(
            variants.marked(table),
            hide_index=True,
            height="content",
            row_height=32,
            placeholder="–",
            column_config={
                "layer": column.TextColumn(width=110, pinned=True),
                "different": column.TextColumn("what differs", width=_width(table["different"])),
                "left": column.TextColumn(f"left: {TITLES[left]}", width=_width(table["left"])),
                "right": column.TextColumn(f"right: {TITLES[right]}", width=_width(table["right"])),
                "left parameters": column.NumberColumn("parameters left", format="localized", width=125),
                "right parameters": column.NumberColumn("parameters right", format="localized", width=125),
            },
            alt=f"The layers of {TITLES[left]} and {TITLES[right]} in rows, with what differs",
        )
    st.caption(
        "A cell shows a layer's settings and, after the arrow, its output. A different output or number of "
        "parameters is named only where the layer's own settings are the same."
    )


def _width(texts: Iterable[str]) -> int:
    """Return the width in pixels of a column in which no text is cut."""
    return max(130, 28 + round(6.4 * max(map(len, texts))))


def _prediction(side: str, architecture: str) -> None:
    weights = next(one.name for one in sources_for(architecture) if state.is_here(one.name))
    st.markdown(f"**{TITLES[architecture]}**")
    if weights == "random":
        st.caption("Random weights: this prediction is chance.")
    else:
        st.caption(f"Weights: {get_source(weights).title}.")
    network = Network(architecture, weights, state.network().device)
    top = cached.classification(state.photo(), network).top(5)
    chart(
        figures.probabilities(top),
        f"answer_{side}",
        f"The five most probable classes of {TITLES[architecture]} for the photo as bars",
    )


all_networks()
history()
measured()
two_architectures()
background("comparison")
