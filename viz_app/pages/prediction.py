"""The photo, what the network sees of it, and what it takes it for."""

import streamlit as st

from model.preprocess import crop_box, network_crop
from viz_app import cached, figures, pictures, state
from viz_app.parts import QUIET, background, heading, part

UNSURE = 0.05  # a likeliest class below this is no answer

heading("Prediction", "What the network sees in the picture, and the five classes it finds most probable.")


@part
def prediction() -> None:
    photo, network = state.photo(), state.network()
    seen, crop, answer = st.columns([4, 3, 6], gap="medium")
    with seen:
        st.subheader("The picture", anchor=False)
        st.image(
            pictures.shade_outside(photo.pixels, crop_box(photo, network.data)),
            f"{photo.name}, {photo.original_size[0]} × {photo.original_size[1]} pixels",
            width="stretch",
            alt=f"The chosen picture, {photo.name}; what the network does not see is pale",
        )
    with crop:
        size = network.data.input_size
        st.subheader("What the network sees", anchor=False)
        st.image(
            pictures.visible(network_crop(photo, network.data)),
            f"exactly these {size} × {size} pixels in red, green and blue",
            width="stretch",
            output_format="PNG",
            alt="The square crop of the picture that the network sees",
        )
    with answer:
        _answer(photo, network)
    background("prediction")


def _answer(photo, network: cached.Network) -> None:
    st.subheader("What it takes it for", anchor=False)
    left, right = st.columns(2)
    logits = left.toggle("Show logits", key="logits", persist_state="session")
    ten_crop = right.toggle("Average ten crops", key="ten_crop", persist_state="session")
    result = cached.classification(photo, network, ten_crop)
    st.plotly_chart(
        figures.top_classes(result.top(5), "logit" if logits else "probability"),
        key="top5",
        config=QUIET,
        alt="The five most probable classes as bars",
    )
    rest = 1 - sum(p.probability for p in result.top(5))
    averaged = "Averaged over four corners, the centre and their mirror images."
    if network.data.resize_to == network.data.input_size:
        averaged = "This network sees the whole square: averaged over it and its mirror image."
    st.caption(f"The other {len(result.labels) - 5} classes share {rest:.1%}. {averaged if ten_crop else ''}")
    if not logits and result.top(1)[0].probability < UNSURE:
        st.markdown(f"No class reaches {UNSURE:.0%}: **the network does not know.**")


prediction()
