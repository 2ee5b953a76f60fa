"""Choose the settings of a new run, and start it."""

from __future__ import annotations

import streamlit as st

from model.editing import ACTIVATIONS, KIND_TITLES
from model.training.runs.photos_here import cifar10_is_here
from viz_app import state, training
from viz_app.settings import settings

# The fifth is the default: with Keras' 1e-3, drawn shapes are not learned.
RATES = [1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5]
DECAYS = [0.0, 5e-4, 5e-3, 5e-2]
BATCHES = [8, 16, 32, 64, 128]


def new_run(is_open: bool = False) -> None:
    """Show a form for a new run. If none can be started now, say why."""
    with st.expander("Train a network", icon=":material/model_training:", expanded=is_open, key="new_run"):
        if not settings().training:
            st.markdown("Whoever runs this app has switched training off.")
        elif running := training.active():
            st.markdown(f"**{running}** is being trained. This machine trains one network at a time.")
        else:
            _form()


def _form() -> None:
    photos = [
        state.training.SHAPES,
        *([state.training.CIFAR10] if cifar10_is_here() or settings().downloads else []),
    ]
    download = "" if cifar10_is_here() else " It is downloaded first, 170 MB."
    with st.form("training", border=False):
        first, second = st.columns(4), st.columns(4, vertical_alignment="bottom")
        first[0].selectbox(
            "Photos",
            photos,
            key="new_photos",
            help="1,200 drawn shapes and patterns of ten classes are made here in a second. CIFAR-10 has "
            f"60,000 photos: an epoch takes ten minutes or more without a GPU.{download}",
        )
        first[1].selectbox(
            "Learning rate", RATES, RATES.index(1e-4), format_func="{:g}".format, key="new_learning_rate"
        )
        first[2].selectbox(
            "Activation function",
            list(ACTIVATIONS),
            format_func=KIND_TITLES.__getitem__,
            key="new_activation",
        )
        first[3].number_input("Epochs", 1, 100, 10, key="new_epochs")
        second[0].slider("Dropout", 0.0, 0.9, 0.5, 0.1, key="new_dropout")
        second[1].selectbox("Weight decay", DECAYS, format_func="{:g}".format, key="new_weight_decay")
        second[2].selectbox("Photos in a batch", BATCHES, 1, key="new_batch_size")
        second[3].toggle("Move and mirror photos at random", key="new_augment")
        st.form_submit_button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            key="start_run",
            on_click=state.training.start,
        )
