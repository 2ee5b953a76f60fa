"""The page Training: runs as curves, filters, and mistakes; a run can be started, watched and paused."""

from __future__ import annotations

import numpy as np
import streamlit as st

from model.editing import KIND_TITLES
from model.training.runs import record, shelf, watch
from model.training.runs.record import Snapshot
from model.training.runs.shelf import StoredRun
from viz_app import address, cached, state, training
from viz_app.components import clickable_picture
from viz_app.draw import pictures
from viz_app.draw import training as drawn
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, picture
from viz_app.widgets.train import new_run

POLL = 1.0  # seconds between two looks at a run that is being trained
QUANTITIES: tuple[drawn.Quantity, ...] = ("loss", "accuracy")
STRIP = 11  # moments of one filter side by side
MISTAKES, DRAWN = 12, 24

st.title("Training", anchor=False)
st.markdown("Watch AlexNet learn from random weights: its loss, its filters, and its mistakes.")


def page() -> None:
    runs, active = shelf.runs(), training.active()
    if active and active not in runs:
        with st.container():
            _starting(active)
        return
    if not runs:
        st.info("There is no run yet. Start one below: drawn shapes need no download.")
        new_run(is_open=True)
        return
    one, others = st.columns([3, 4])
    names = list(runs)
    usual = active if active in runs else names[0]
    titles = {name: run.title for name, run in runs.items()}
    name = one.selectbox("Run", names, format_func=titles.__getitem__, **address.kept("run", names, usual))
    rest = [other for other in names if other != name]
    beside: list[str] = []
    if rest:
        beside = others.multiselect(
            "Compare with",
            rest,
            format_func=titles.__getitem__,
            max_selections=3,
            placeholder="Choose runs",
            **address.kept("other_runs", rest, []),
        )
    run = runs[name]
    shown = [run, *(runs[other] for other in beside)]
    if name == active:
        with st.container():  # the browser needs a place for what follows a part that repeats
            _live(run, shown)
    else:
        _controls(run)
        _curves(shown)
        _filters(run)
        _mistakes(run)
    new_run()


@st.fragment(run_every=POLL)
def _starting(name: str) -> None:
    """Wait until a new run has its photos, and its folder can be shown."""
    if training.active() != name or name in shelf.runs():
        st.rerun()
    st.progress(0.0, f"Getting the photos and the network of {name} ready")


@st.fragment(run_every=POLL)
def _live(run: StoredRun, shown: list[StoredRun]) -> None:
    """Show a run while it is being trained."""
    if training.active() != run.name:
        st.rerun()
    now = watch.read_progress(run.folder)
    if now is None:
        st.progress(0.0, "The first step")
    else:
        st.progress(
            now.done / now.total, f"Step {now.done:,} of {now.total:,}, {_time(now.seconds_left)} left"
        )
    pause, *facts = st.columns([2, 2, 2, 3], vertical_alignment="center")
    with pause:
        st.button("Pause", key="pause_run", icon=":material/pause:", on_click=training.stop, args=(run.name,))
    if now is not None:
        values = (f"{now.loss:.3f}", f"{now.accuracy:.1%}", f"{now.photos_per_second:,.0f}")
        names = ("Loss in this epoch", "Accuracy in this epoch", "Photos a second")
        for column, title, value in zip(facts, names, values, strict=True):
            column.metric(title, value)
    _curves(shown)
    found = cached.snapshots(run)
    if found:
        _snapshot(run, found, len(found) - 1)


def _controls(run: StoredRun) -> None:
    """Say what a run is, and let the user continue or remove it."""
    if failure := training.failure(run.name):
        st.error(f"This run has ended by an error: {failure}")
    done, photos = record.read_history(run.folder), run.facts.get("photos", {})
    of = f" of {run.settings.epochs}" if run.state == "stopped" else ""
    right = f", **{done[-1].validation_accuracy:.1%} right** in validation" if done else ""
    counts = [f"{photos.get(name, 0):,} {name}" for name in ("training", "validation")]
    st.markdown(f"{len(done)}{of} epochs{right} · {' and '.join(counts)} photos · {_settings(run)}")
    if note := run.facts.get("note"):
        st.caption(note)
    if run.is_recorded:
        return
    with st.container(horizontal=True):
        if run.state == "stopped":
            st.button(
                "Continue",
                key="resume_run",
                icon=":material/play_arrow:",
                on_click=state.training.attempt,
                args=(training.resume, run.name),
            )
        with st.popover("Remove", icon=":material/delete:"):
            st.markdown(f"Remove {run.name} with its weights and curves?")
            st.button(
                "Remove it for ever",
                key="remove_run",
                on_click=state.training.attempt,
                args=(training.remove, run.name),
            )


def _settings(run: StoredRun) -> str:
    one = run.settings
    optimizer = "Adam" if one.optimizer == "adam" else "SGD"
    parts = [
        f"{KIND_TITLES[one.activation]}, dropout {one.dropout:g}, weight decay {one.weight_decay:g}",
        f"{optimizer} with learning rate {one.learning_rate:g}",
        f"batches of {one.batch_size}" + (", augmentation" if one.augment else ""),
    ]
    return ", ".join(parts)


def _curves(shown: list[StoredRun]) -> None:
    found = {
        run.name: drawn.Curves(record.read_history(run.folder), record.read_points(run.folder))
        for run in shown
    }
    if all(one.is_empty for one in found.values()):
        st.caption("The curves begin with the first fiftieth of an epoch.")
        return
    for column, quantity in zip(st.columns(2, gap="large"), QUANTITIES, strict=True):
        with column:
            alt = f"The {quantity} of training and validation by epoch"
            chart(drawn.curves(found, quantity), f"training_{quantity}", alt)


@part
def _filters(run: StoredRun) -> None:
    """Show conv1 at any moment of a run."""
    found = cached.snapshots(run)
    if not found:
        return
    st.subheader("The 96 filters as they learn", anchor=False)
    last = len(found) - 1
    moments = range(len(found))
    where = st.select_slider(
        "Epoch",
        moments,
        format_func=lambda index: f"{found[index].epoch:.1f}",
        **address.kept("moment", moments, last),
    )
    _snapshot(run, found, where)


def _snapshot(run: StoredRun, found: list[Snapshot], where: int) -> None:
    now = found[where]
    count = len(now.weight)
    chosen = min(int(state.chosen("filter", 0) or 0), count - 1)
    filters, maps = st.columns(2, gap="large")
    kernels = now.weight.astype(np.float32)
    labels = [f"filter {index}" for index in range(count)]
    with filters:
        st.markdown(f"**Filters of conv1** after {now.epoch:.1f} epochs")
        clickable_picture(
            pictures.mosaic(pictures.filter_tiles(kernels, False), columns=12),
            key="run_filters",
            selected=chosen,
            on_pick=lambda index: state.choose("filter", index),
            alt=f"All {count} filters of conv1 after {now.epoch:.1f} epochs",
            labels=labels,
        )
    with maps:
        st.markdown("**Their feature maps** for your photo")
        clickable_picture(
            pictures.mosaic(pictures.map_tiles(cached.maps_at(state.photo(), run, now), False), columns=12),
            key="run_maps",
            selected=chosen,
            on_pick=lambda index: state.choose("filter", index),
            alt=f"The feature maps of all {count} filters for the photo",
            labels=labels,
        )
    moments = np.unique(np.linspace(0, len(found) - 1, min(STRIP, len(found))).round().astype(int))
    history = np.stack([found[index].weight[chosen] for index in moments]).astype(np.float32)
    first, final = found[moments[0]].epoch, found[moments[-1]].epoch
    with st.container(key="filter_strip"):
        picture(
            drawn.strip(history),
            f"Filter {chosen} at {len(moments)} moments",
            f"filter {chosen} from epoch {first:.0f} to {final:.1f}, all on one scale",
            width="stretch" if len(moments) == STRIP else 60 * len(moments),
        )


def _mistakes(run: StoredRun) -> None:
    found = cached.run_predictions(run)
    if found is None:
        return
    left, right = st.columns([5, 6], gap="large")
    with left:
        st.subheader("Confusion matrix", anchor=False)
        chart(
            drawn.confusion(found.confusion, run.classes),
            "confusion",
            "How often photos of each class were given each class, in percent",
        )
        st.caption(drawn.CONFUSION_AXES)
    guesses = found.guesses[found.shown]
    wrong = np.flatnonzero(guesses != found.labels[found.shown])[:MISTAKES]
    others = np.arange(min(record.MISTAKES, int((found.guesses != found.labels).sum())), len(found.shown))
    with right:
        st.subheader("Most confident mistakes", anchor=False)
        if len(wrong):
            st.html(drawn.prediction_grid(found, wrong.tolist(), run.classes))
        else:
            st.markdown("It made no mistake on the validation photos.")
    st.subheader("Validation photos drawn at random", anchor=False)
    st.html(drawn.prediction_grid(found, others[:DRAWN].tolist(), run.classes))


def _time(seconds: float) -> str:
    """Return a duration for people: 8 -> "8 s", 90 -> "1.5 min", 7200 -> "2.0 h"."""
    for length, unit in ((3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


if problem := state.training.problem():
    st.error(problem)
page()
background("training")
