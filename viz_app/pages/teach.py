"""The page Teach it: own classes in a minute, with a look at what the network learned to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.errors import UserError
from model.preprocess import EXTENSIONS, MAX_BYTES
from model.teaching_settings import (
    LEAST_CLASSES,
    LEAST_PHOTOS,
    MOST_CLASSES,
    MOST_PHOTOS,
    PLANS,
    TeachSettings,
    plans,
)
from model.validation import is_for_validation
from model.variations import VARIATIONS, Variations
from viz_app import address, cached, state
from viz_app.components.camera import camera
from viz_app.draw import pictures
from viz_app.widgets.learned import results
from viz_app.widgets.run import part
from viz_app.widgets.show import background, heading, photo_promise, picture
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
        help="What was learned and the names of the classes, without any photo. Open it here later.",
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
        max_upload_size=MAX_BYTES >> 20,
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
    known = list(plans(network.data))
    first, second = st.columns(3), st.columns(3, vertical_alignment="bottom")
    plan = first[0].selectbox(
        "What is trained",
        known,
        format_func=lambda plan: PLANS[plan][2],
        help="fc8 is a new last layer, which reads the features of fc7, fc6 or pool5. All other layers stay "
        "as they are. With fc7 and fc8 together, the network's own fc7 goes on learning, too.",
        **address.kept("teach_plan", known, known[0]),
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
    variations = second[2].selectbox(
        "Variations of each photo",
        list(VARIATIONS),
        format_func=lambda variations: VARIATIONS[variations][0],
        help="Shifts are six crops at other places, with other brightness and colours.",
        **address.kept("teach_variations", list(VARIATIONS)),
    )
    used = tuple((name, photos[:count]) for name, photos in examples)
    layer, first_layer, _ = PLANS[plan]
    settings = TeachSettings(
        layer, steps, dropout=dropout, weight_decay=decay, variations=variations, first=first_layer
    )
    st.caption(_inputs(used, variations))
    taught = cached.taught(used, network, settings)
    results(taught, used, settings)
    return taught


def _inputs(used: cached.Examples, variations: Variations) -> str:
    """Return a sentence on how many inputs the network learns from."""
    photos = sum(not is_for_validation(index) for _, photos in used for index in range(len(photos)))
    told = f"The network learns from {photos} photos"
    if variations != "none":
        each = VARIATIONS[variations][1]
        told += f", of each from {each} inputs: {each * photos:,} in all"
    return f"{told}. Photos for validation are never varied."


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
            max_upload_size=MAX_BYTES >> 20,
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
            max_upload_size=MAX_BYTES >> 20,
        )


teach()
background("teach")
