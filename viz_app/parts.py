"""Pieces that pages are put together from."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, ParamSpec

import numpy as np
import streamlit as st

from model.architectures import Architecture
from model.errors import UserError
from model.layers import LayerInfo
from model.preprocess import Photo, network_crop
from viz_app import cached, formulas, pictures, state, tables
from viz_app.components import clickable_diagram
from viz_app.diagram import draw
from viz_app.jobs import Job, Result

if TYPE_CHECKING:
    from model.attribution import Attribution, Parameter

# Of Plotly's row of buttons only the one that saves the chart, three times as large as on screen.
QUIET = {
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "png", "filename": "alexnet", "scale": 3},
}

AT_ONCE = 0.3  # seconds that a page waits before it shows progress
POLL = 0.4  # seconds between two looks at a job

Arguments = ParamSpec("Arguments")


def part(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A part of a page that reruns alone when its own widgets change.

    What the user has to put right is said in its place; everything else is a bug and stays visible
    in the terminal.
    """

    @st.fragment
    @functools.wraps(function)
    def shown(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        if state.sidebar_is_behind():
            st.rerun()
        with state.waiting(function.__qualname__):
            try:
                function(*args, **kwargs)
            except UserError as error:
                st.error(str(error))

    return shown


def heading(title: str, sentence: str) -> None:
    """A page's title and the one thing that it shows; on every page, whether the network has learned."""
    st.title(title, anchor=False)
    st.markdown(sentence)
    if state.network().weights == "random":
        st.info("These weights are random: the network has learned nothing, and what it finds is chance.")


def wait_for(job: Job[Result], title: str, show: Callable[[object], object] | None = None) -> Result | None:
    """What a job has found; None while it is at work: then its progress stands here, and a way to stop it.

    Args:
        title: what is being done, as in "Covering the picture".
        show: draws the job's preview, if it has any.
    """
    if state.has_stopped(job):
        st.info(f"{title}: stopped.")
        st.button("Start again", on_click=state.start_again, args=(job,), key=f"again-{job.name}")
        return None
    state.waits_for(job)
    if not job.finished_within(AT_ONCE) or job.was_stopped:  # as we came: `_watch` reruns
        _watch(job, title, show)
        return None
    for note in job.notes:
        st.warning(note)
    return job.result(state.session())


@st.fragment(run_every=POLL)
def _watch(job: Job, title: str, show: Callable[[object], object] | None) -> None:
    if job.finished_within(0) or state.has_stopped(job):
        st.rerun()
    job.join(state.session())
    st.progress(job.share, f"{title}: {_time_left(job)}")
    st.button("Stop", on_click=state.stop, args=(job,), key=f"stop-{job.name}", icon=":material/stop:")
    preview = job.preview  # once, since the work goes on
    if show is not None and preview is not None:
        show(preview)


def _time_left(job: Job) -> str:
    if not job.has_begun:
        return "waiting for other work"
    left = job.seconds_left
    return "beginning" if left is None else f"{job.share:.0%}, {left:.0f} s left"


def attribution(
    photo: Photo, method: str, target: int, layer: str | None, settings: cached.Choices = ()
) -> Attribution | None:
    """A picture's map by a method; None while a slow one is at work: then its progress stands here."""
    network = state.network()
    if cached.is_slow(network, method, settings):
        job = cached.slow_attribution(photo, network, method, target, layer, settings)
        return wait_for(job, cached.methods()[method].title)
    return cached.attribution(photo, network, method, target, layer, settings)


def sliders(name: str, parameters: Sequence[Parameter]) -> cached.Choices:
    """A slider for each parameter, folded away; keyed `name-parameter`."""
    if not parameters:
        return ()
    with st.popover("Settings", width="stretch"):
        return tuple(
            (
                p.name,
                st.slider(
                    p.title, float(p.low), float(p.high), float(p.default), float(p.step),
                    key=f"{name}-{p.name}", format="%g", persist_state="session",
                ),
            )
            for p in parameters
        )  # fmt: skip


def network_diagram(key: str, architecture: Architecture, infos: list[LayerInfo], layer: str) -> None:
    """The network with the picture as its input; a click in it chooses the layer."""
    crop = pictures.png(pictures.reduced(network_crop(state.photo(), architecture), 227))
    clickable_diagram(
        draw(architecture, infos, f"data:image/png;base64,{base64.b64encode(crop).decode()}"),
        key=key,
        selected=layer,
        on_pick=lambda name: state.choose("layer", name),
    )


def choose_class(
    photo: Photo,
    title: str = "Class, the predicted ones first",
    key: str = "target",
    without: int | None = None,
) -> int:
    """A class; the choice belongs to picture and network, and holds on every page.

    Args:
        without: a class that cannot be chosen.
    """
    network = state.network()
    result = cached.classification(photo, network)
    return st.selectbox(
        title, [int(index) for index in result.ranking if index != without],
        key=f"{key}-{photo.sha256[:12]}-{network.architecture}-{network.weights}",
        format_func=lambda index: f"{result.labels[index]} · class {index}", persist_state="session",
    )  # fmt: skip


def choose_cell(info: LayerInfo, controls: Sequence) -> tuple[int, int, int]:
    """Channel, row and column of a number in a layer; or a unit, 0, 0.

    In another channel, layer or photo it is the strongest again. The address leaves out what is at its
    default, which the strongest is: so a link shows the number that was on screen.
    """
    maps = cached.feature_maps(state.photo(), state.network())[info.name]
    if not info.is_spatial:
        return _choose_unit(info, maps, controls), 0, 0
    state.valid_choice("channel", range(len(maps)))
    channel = controls[0].number_input("Channel", 0, len(maps) - 1, key="channel", bind="query-params")
    strongest = np.unravel_index(int(maps[channel].argmax()), maps[channel].shape)
    another = state.place_is_of_another((state.photo().sha256, state.network(), info.name, channel))
    place = []
    for name, size, usual, control in zip(
        ("row", "column"), info.output_shape[1:], strongest, controls[1:], strict=False
    ):
        if another:
            state.choose(name, int(usual))
        state.valid_choice(name, range(size), int(usual))
        place.append(
            control.number_input(name.capitalize(), 0, size - 1, int(usual), key=name, bind="query-params")
        )
    return channel, *place


def _choose_unit(info: LayerInfo, values: np.ndarray, controls: Sequence) -> int:
    """A unit of a layer without places; beside a class's unit, its name."""
    strongest = int(values.argmax())
    if state.channel_is_of_another(info.name):
        state.choose("channel", strongest)
    state.valid_choice("channel", range(len(values)), strongest)
    unit = controls[0].number_input("Unit", 0, len(values) - 1, strongest, key="channel", bind="query-params")
    photo, network = state.photo(), state.network()
    state.place_is_of_another((photo.sha256, network, info.name, unit))
    if info.name in [layer.name for layer in network.data.layers[-2:]]:
        controls[1].markdown(f"**{cached.classification(photo, network).labels[unit]}**")
    return unit


def totals(infos: list[LayerInfo], columns: list) -> None:
    """What the whole network costs, in three columns."""
    parameters, macs, memory = columns
    parameters.metric("Parameters", f"{sum(info.parameters for info in infos):,}")
    macs.metric("Multiply-accumulates", f"{sum(info.macs for info in infos):,}")
    memory.metric("Activations", f"{sum(info.activation_bytes for info in infos) / 2**20:.2f} MiB")


def arithmetic(infos: list[LayerInfo], index: int) -> None:
    """The formulas of one layer, worked out."""
    info, before = infos[index], infos[index - 1] if index else None
    steps = {
        "Output height and width" if info.is_spatial else "Output": formulas.output_size(info),
        "Parameters, weights and biases": formulas.parameters(info),
        "Multiply-accumulates": formulas.macs(info),
        "Receptive field, in input pixels": formulas.receptive_field(info, before),
        "Jump between neighbours, in input pixels": formulas.jump(info, before),
        "Memory of the output": formulas.memory(info),
    }
    with st.container(border=True, key="arithmetic"):
        shapes = f"{tables.shape(info.input_shape)} → {tables.shape(info.output_shape)}"
        st.subheader(f"{info.name}: {shapes}", anchor=False)
        for column, (meaning, formula) in zip(st.columns(3) + st.columns(3), steps.items(), strict=True):
            column.caption(meaning)
            column.latex(formula)


def layer_table(
    infos: list[LayerInfo], key: str, on_select: Literal["ignore"] | Callable[[], None] = "ignore"
) -> None:
    """All layers with their shapes and costs, and the totals in the last row."""
    column = st.column_config
    st.dataframe(
        tables.layer_table(infos),
        hide_index=True,
        height="content",
        row_height=32,
        key=key,
        on_select=on_select,
        selection_mode="single-cell",
        column_config={
            "layer": column.TextColumn(width=62, pinned=True),
            **{name: column.TextColumn(width=58) for name in ("kernel", "stride", "padding", "groups")},
            "size": column.TextColumn("output size", width=225),
            "output": column.TextColumn(width=105),
            "parameters": column.NumberColumn(format="localized", width=95),
            "MACs": column.NumberColumn(format="localized", width=112, help="multiply-accumulate operations"),
            "of parameters": column.NumberColumn("share", format="percent", width=66),
            "of MACs": column.NumberColumn("share", format="percent", width=66),
            "memory": column.NumberColumn("memory, KiB", format="%.1f"),
            "sees": column.TextColumn(help="receptive field, in input pixels"),
            "jump": column.TextColumn(help="input pixels between neighbouring outputs"),
        },
        alt="All layers with their shapes and costs, and the totals in the last row",
    )


def background(name: str) -> None:
    """The explanation belonging to a page, folded away until someone asks."""
    with st.expander("Background", icon=":material/menu_book:"):
        st.markdown(cached.text(name))
