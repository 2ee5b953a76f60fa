"""The dialog in which a visitor opens a file of weights of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from model.architectures import ARCHITECTURES
from model.errors import UserError
from model.own.settings import CHANNEL_ORDERS, ENDINGS, NORMALIZATION_TITLES
from viz_app import cached, state
from viz_app.settings import settings

if TYPE_CHECKING:
    from model.own.opening import Asked
    from viz_app.cached import OpenedFile

AS_USUAL = "As usual for such a file"


@st.dialog("Your own weights", width="large")
def own_weights() -> None:
    """Open a file of weights: say what it is, show which tensor becomes which layer, and use the network."""
    st.markdown(
        "Open the weights of a network like AlexNet, from PyTorch, safetensors, ONNX or Caffe, with any "
        "number of classes. No code in the file is run."
    )
    if not settings().own_weights:
        st.info("Whoever runs this app has switched this off.")
        return
    upload, path = _file()
    if upload is None and path is None:
        st.caption(
            "The file stays in this app's memory, is yours alone, and is never changed. In PyTorch, save it "
            "with `torch.save(network.state_dict(), 'weights.pth')`."
        )
        return
    try:
        asked = _asked()
        if upload is not None:
            opened = cached.opened_upload(upload.file_id, upload.name, upload.getbuffer(), asked)
        else:
            assert path is not None
            opened = cached.opened_file(path, path.stat().st_mtime_ns, asked)
    except UserError as error:
        st.error(str(error))
        return
    except OSError as error:
        st.error(f"The file cannot be read: {error.strerror}. Choose another one.")
        return
    if st.button("Look into this network", type="primary", icon=":material/visibility:"):
        state.use_own_network(cached.keep_opened(opened))
        st.rerun()
    _show(opened)


def _file():
    """Return the uploaded file, or the path of the chosen one on the server; None for both if none is."""
    on_server = {path.name: path for path in cached.weights_in_folder(settings().weights_folder)}
    upload = st.file_uploader(
        "File of weights", ENDINGS, key="own_weights_file", max_upload_size=settings().weights_megabytes
    )
    name = None
    if on_server:
        name = st.selectbox(
            "Or a file on the server",
            list(on_server),
            index=None,
            placeholder="Choose a file",
            key="own_weights_on_server",
        )
    path: Path | None = on_server[name] if name and upload is None else None
    return upload, path


def _asked() -> Asked:
    """Show the widgets for what the file does not say, and return what the visitor says.

    Raises:
        UserError: the file of labels cannot be used.
    """
    from model.own.labels import read_labels
    from model.own.opening import Asked

    left, right = st.columns(2)
    architecture = left.selectbox(
        "Architecture",
        [None, *ARCHITECTURES],
        format_func=lambda name: ARCHITECTURES[name].title if name else AS_USUAL,
        key="own_weights_architecture",
        help="Whose layers the network has, but for their widths and the number of classes.",
    )
    normalization = right.selectbox(
        "Pixel values",
        [None, *NORMALIZATION_TITLES],
        format_func=lambda name: NORMALIZATION_TITLES[name] if name else AS_USUAL,
        key="own_weights_normalization",
        help="How the network was given photos in its training.",
    )
    order = left.selectbox(
        "Order of colours",
        [None, *CHANNEL_ORDERS],
        format_func=lambda name: name or AS_USUAL,
        key="own_weights_order",
        help="Networks of Caffe and OpenCV were trained on blue, green, red.",
    )
    names = right.file_uploader(
        "Names of the classes",
        ["txt", "json"],
        key="own_weights_labels",
        max_upload_size=2,
        help="One name a line, or JSON from index to name. Without them: class 0, class 1 …",
    )
    labels = None if names is None else read_labels(names.getvalue(), names.name)
    return Asked(architecture, labels, normalization, order)


def _show(file: OpenedFile) -> None:
    from model.predict import class_names

    opened = file.opened
    architecture = opened.architecture
    names = class_names(opened.classes)
    parameters = sum(tensor.numel() for tensor in opened.state.values())
    st.markdown(
        f"**{opened.name}**: the layers of {ARCHITECTURES[opened.settings.template].title}, "
        f"{architecture.class_count:,} classes ({', '.join(names[:3])}{' …' * (len(names) > 3)}), "
        f"{parameters:,} parameters."
    )
    for doubt in file.doubts:
        st.warning(doubt)
    for note in opened.notes:
        st.caption(note)
    with st.expander("Which tensor of the file becomes which layer", expanded=True):
        rows = opened.mapping.rows
        st.dataframe(
            [{"layer": layer, "in the file": name, "shape": shape} for layer, name, shape in rows],
            hide_index=True,
        )
