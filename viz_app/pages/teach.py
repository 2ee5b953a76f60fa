"""The page Teach it: own classes in a minute, with a look at what the network learned to use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from model.errors import UserError
from model.preprocess import EXTENSIONS
from model.teaching_settings import LEAST_CLASSES, LEAST_PHOTOS, MOST_CLASSES, MOST_PHOTOS, TeachSettings
from viz_app import address, cached, state
from viz_app.components.camera import camera
from viz_app.draw import pictures
from viz_app.draw import teaching as drawn
from viz_app.draw.training import CONFUSION_AXES, confusion
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading, photo_promise, picture
from viz_app.widgets.try_taught import try_it

if TYPE_CHECKING:
    from model.teaching import Taught
    from viz_app.state.teaching import OwnClass, Teaching

SHOWN = 12  # photos of a class that are shown
DECAYS = [0.0, 0.01, 0.1, 1.0]
EXAMPLES = {"shared": "things on the same backgrounds", "shortcut": "each thing on a background of its own"}

heading(
    "Teach it",
    "Give a few photos of your own classes. The network learns to tell them apart while you watch, and shows "
    "what it looks at.",
)


@part
def teach() -> None:
    now = state.teaching.teaching()
    for problem in now.problems:
        st.warning(problem)
    now.problems.clear()
    if now.loaded is not None:
        _loaded(now.loaded)
        try_it(now.loaded)
        return
    _classes(now)
    examples = tuple((one.name, tuple(one.photos)) for one in now.classes)
    if any(len(photos) < LEAST_PHOTOS for _, photos in examples) or len(examples) < LEAST_CLASSES:
        st.info(f"Each class needs at least {LEAST_PHOTOS} photos. With 20 it learns better.")
        _load()
        return
    try:
        taught = _learn(examples)
    except UserError as error:
        st.error(str(error))
        return
    try_it(taught)
    st.subheader("Keep it", anchor=False)
    st.button(
        "Look inside on every page",
        key="look_inside",
        icon=":material/search:",
        on_click=state.teaching.look_inside,
        args=(taught,),
        help="From then on this network, with your classes, is chosen under Settings in the sidebar, for you "
        "alone and until the app ends.",
    )
    st.download_button(
        "Save the classes",
        cached.saved_classes(taught, state.teaching.base()),
        "classes.safetensors",
        icon=":material/download:",
        key="save_classes",
        on_click="ignore",
        help="The new layer and the names of the classes, without any photo. Open it here later.",
    )
    _load()


def _classes(now: Teaching) -> None:
    classes = now.classes
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Try an example:**", width="content")
        for name, title in EXAMPLES.items():
            st.button(title, key=f"example_{name}", on_click=state.teaching.use_example, args=(name,))
        if now.example or now.before:
            back = "Back to my photos" if now.before else "End the example"
            st.button(back, key="afresh", icon=":material/arrow_back:", on_click=state.teaching.end_example)
        elif now.has_own_photos:
            with st.popover("Start afresh", icon=":material/restart_alt:"):
                st.markdown("Forget all photos that you gave to your classes?")
                st.button("Forget them", key="afresh", on_click=state.teaching.start_afresh)
    for start in range(0, len(classes), 3):
        for column, own in zip(st.columns(3, gap="medium"), classes[start : start + 3], strict=False):
            with column, st.container(border=True, key=f"class_{own.number}"):
                _class(own, len(classes))
    if len(classes) < MOST_CLASSES:
        st.button("Add a class", key="add_class", icon=":material/add:", on_click=state.teaching.add_class)
    photo_promise()


def _class(own: OwnClass, count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        named = st.text_input(
            "Name", own.name, key=f"class_name_{own.number}", max_chars=state.teaching.LONGEST_NAME
        )
        own.name = named.strip() or own.name
        if count > LEAST_CLASSES:
            st.button(
                "",
                key=f"remove_class_{own.number}",
                icon=":material/delete:",
                help=f"Remove {own.name} with its photos",
                on_click=state.teaching.remove_class,
                args=(own.number,),
            )
    if own.photos:
        shown = pictures.photo_grid([photo.image for photo in own.photos[:SHOWN]], columns=6, side=96)
        picture(
            shown.image,
            f"Photos of {own.name}",
            f"{len(own.photos)} photo{'s' if len(own.photos) > 1 else ''}",
        )
    upload = f"photos_{own.number}_{state.teaching.taken()}"
    st.file_uploader(
        "Photos",
        type=list(EXTENSIONS),
        accept_multiple_files=True,
        key=upload,
        on_change=state.teaching.take_photos,
        args=(own.number, upload),
    )
    if state.can_use_camera() and st.toggle("Use the camera", key=f"with_camera_{own.number}"):
        camera(
            key=f"camera_{own.number}",
            room=MOST_PHOTOS - len(own.photos),
            on_taken=lambda photos: state.teaching.add_photos(
                own.number, [(f"{own.name}, photo {i}", photo) for i, photo in enumerate(photos, 1)]
            ),
        )


def _learn(examples: cached.Examples) -> Taught:
    st.subheader("Learn", anchor=False)
    network = state.teaching.base()
    known = list(cached.layers_to_teach(network))
    first, second = st.columns(3), st.columns(3, vertical_alignment="bottom")
    layer = first[0].segmented_control(
        "Features of",
        known,
        required=True,
        help="All layers up to this one stay as they are. A new last layer learns on their output.",
        **address.kept("teach_layer", known, known[0]),
    )
    steps = first[1].slider("Steps", 0, 300, step=10, **address.kept("teach_steps", range(301), 100))
    most = max(len(photos) for _, photos in examples)
    count = first[2].slider(
        "Photos of each class", LEAST_PHOTOS, max(most, LEAST_PHOTOS + 1), most, key=f"teach_count_{most}"
    )
    dropout = second[0].slider(
        "Dropout", 0.0, 0.9, step=0.1, **address.kept("teach_dropout", (0.0, 0.9), 0.0)
    )
    decay = second[1].select_slider("Weight decay", DECAYS, **address.kept("teach_decay", DECAYS, 0.0))
    mirrored = second[2].toggle("Also learn from mirror images", **address.kept("teach_mirrored"))
    used = tuple((name, photos[:count]) for name, photos in examples)
    settings = TeachSettings(layer, steps, dropout=dropout, weight_decay=decay, mirrored=mirrored)
    taught = cached.taught(used, network, settings)
    _results(taught, used, known, settings)
    return taught


def _results(taught: Taught, used: cached.Examples, known: list, settings: TeachSettings) -> None:
    last = taught.history[-1]
    curves, matrix = st.columns(2, gap="large")
    with curves:
        st.markdown(
            f"**{last.validation_accuracy:.0%} accuracy** on the validation photos, every fifth of each "
            f"class, from which it has not learned. On the training photos: {last.accuracy:.0%}."
        )
        chart(drawn.history(taught.history), "teach_curves", "Accuracy of training and validation by step")
    with matrix:
        if taught.confusion is not None:
            chart(
                confusion(taught.confusion, taught.classes),
                "teach_confusion",
                "How often validation photos of each class were given each class, in percent",
            )
            st.caption(CONFUSION_AXES)
    compared = st.expander("Which layer's features transfer best?", key="teach_layers", on_change="rerun")
    if compared.open:
        with compared:
            _layers(used, known, settings)


def _layers(used: cached.Examples, known: list, settings: TeachSettings) -> None:
    """Teach the same classes on the features of every layer, and compare."""
    rows = []
    for layer in known:
        other = cached.taught(used, state.teaching.base(), replace(settings, layer=layer))
        step = other.history[-1]
        rows.append(
            {
                "features of": layer,
                "features": other.weight.shape[1],
                "accuracy, training": 100 * step.accuracy,
                "accuracy, validation": 100 * step.validation_accuracy,
                "loss, validation": step.validation_loss,
            }
        )
    column = st.column_config.NumberColumn
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "features": column(format="localized"),
            "accuracy, training": column(format="%.0f %%"),
            "accuracy, validation": column(format="%.0f %%"),
            "loss, validation": column(format="%.4f"),
        },
    )


def _loaded(taught: Taught) -> None:
    st.success(f"Classes from a file: {', '.join(taught.classes)}.")
    st.button("Back to my photos", key="unload", icon=":material/arrow_back:", on_click=state.teaching.unload)


def _load() -> None:
    saved, folder = st.columns(2)
    with saved, st.expander("Open saved classes", icon=":material/folder_open:", key="open_classes"):
        key = f"classes_file_{state.teaching.taken()}"
        st.file_uploader(
            "A file that was saved here",
            type=["safetensors"],
            key=key,
            on_change=state.teaching.load_file,
            args=(key,),
        )
    with folder, st.expander("Open a folder of photos", icon=":material/folder_open:", key="open_folder"):
        key = f"folder_{state.teaching.taken()}"
        st.file_uploader(
            "A folder with a folder of photos for each class",
            type=list(EXTENSIONS),
            accept_multiple_files="directory",
            key=key,
            on_change=state.teaching.take_folder,
            args=(key,),
        )


teach()
background("teach")
