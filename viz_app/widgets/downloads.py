"""Buttons that save what a page shows: the picture as PNG, and the numbers behind it for NumPy."""

from __future__ import annotations

import io

import numpy as np
import streamlit as st

from viz_app.draw.pictures import Picture


def save_picture_and_numbers(picture: Picture, values: np.ndarray, name: str) -> None:
    """Show buttons to save a picture and the array that it shows.

    Args:
        name: of both files, without the ending, and of the buttons' keys.
    """
    with st.container(horizontal=True):
        st.download_button(
            "Picture (PNG)",
            picture.data,
            f"{name}.png",
            picture.mime,
            key=f"png-{name}",
            icon=":material/image:",
            on_click="ignore",
        )
        st.download_button(
            "Numbers (NumPy)",
            lambda: _npy(values),
            f"{name}.npy",
            "application/octet-stream",
            key=f"npy-{name}",
            icon=":material/data_array:",
            on_click="ignore",
            help=f"float32, {' × '.join(map(str, values.shape))}",
        )


def _npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()
