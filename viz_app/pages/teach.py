"""The page Teach it: own classes in a minute, with a look at what the network learned to use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.errors import UserError
from model.preprocess import EXTENSIONS, Photo
from model.teaching_settings import LEAST_CLASSES, LEAST_PHOTOS, MOST_CLASSES, TeachSettings
from viz_app import address, cached, state
from viz_app.components import clickable_picture
from viz_app.draw import figures, pictures
from viz_app.draw import teaching as drawn
from viz_app.draw.training import confusion
from viz_app.widgets.run import part
from viz_app.widgets.show import background, chart, heading, photo_promise, picture

if TYPE_CHECKING:
    from model.teaching import Taught
    from viz_app.cached import TaughtAnswer
    from viz_app.state.teaching import OwnClass, Teaching

SHOWN = 12  # photos of a class that are shown
STRONGEST = 8  # features that are listed
DECAYS = [0.0, 0.01, 0.1, 1.0]
EXAMPLES = {"shared": "things on the same backgrounds", "shortcut": "each thing on a background of its own"}
TRIED = 99  # seed of the drawn photos to try: others than those that were learned

heading(
    "Teach it",
    "Give a few photos of your own classes. The network learns to tell them apart while you watch, and shows "
    "what it looks at.",
)


@part
def teach() -> None:
    now = state.teaching.teaching()
    for problem in now.problems:
        st.error(problem)
    now.problems.clear()
    if now.loaded is not None:
        _loaded(now.loaded)
        _try_it(now.loaded)
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
    _try_it(taught)
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
        if now.example:
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
        named = st.text_input("Name", own.name, key=f"class_name_{own.number}", max_chars=40)
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
    upload, camera = (
        f"photos_{own.number}_{state.teaching.taken()}",
        f"camera_{own.number}_{state.teaching.taken()}",
    )
    st.file_uploader(
        "Photos",
        type=list(EXTENSIONS),
        accept_multiple_files=True,
        key=upload,
        on_change=state.teaching.take_photos,
        args=(own.number, upload),
    )
    if state.can_use_camera() and st.toggle("Use the camera", key=f"with_camera_{own.number}"):
        st.camera_input(
            "Camera",
            key=camera,
            on_change=state.teaching.take_photos,
            args=(own.number, camera),
            label_visibility="collapsed",
        )


def _learn(examples: cached.Examples) -> Taught:
    st.subheader("Learn", anchor=False)
    network = state.teaching.base()
    known = list(cached.layers_to_teach(network))
    fewest = min(len(photos) for _, photos in examples)
    first, second = st.columns(3), st.columns(3, vertical_alignment="bottom")
    layer = first[0].segmented_control(
        "Features of",
        known,
        required=True,
        help="All layers up to this one stay as they are. A new last layer learns on their output.",
        **address.kept("teach_layer", known, known[0]),
    )
    steps = first[1].slider("Steps", 0, 300, step=10, **address.kept("teach_steps", range(301), 100))
    most = max(fewest, max(len(photos) for _, photos in examples))
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
    with st.expander("Which layer's features transfer best?", key="teach_layers"):
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


def _try_it(taught: Taught) -> None:
    st.subheader("Try it on another photo", anchor=False)
    choices: list[Photo] = [state.photo()]
    things = []
    if state.teaching.teaching().example and state.teaching.teaching().loaded is None:
        things = cached.drawn_things(2, False, TRIED)
        choices += [thing.photo for thing in things]
    where = min(int(state.chosen("tried", 1 if things else 0)), len(choices) - 1)
    if things:
        st.markdown("New drawn photos on shared backgrounds, after your photo in the sidebar.")
        clickable_picture(
            pictures.photo_grid([one.image for one in choices], columns=len(choices), side=120),
            key="tried_photo",
            selected=where,
            on_pick=lambda index: state.choose("tried", index),
            alt="Photos to try",
            labels=[one.name for one in choices],
        )
    else:
        st.markdown("This is the photo in the sidebar: choose or upload another one there.")
    photo, network = choices[where], state.teaching.base()
    targets = ["the answer", *taught.classes]
    answer = cached.taught_answer(photo, network, taught)
    bars, heat, units = st.columns([4, 4, 3], gap="large")
    with bars:
        chart(
            figures.probabilities(answer.classification.top(len(taught.classes))),
            "taught_answer",
            "The probability of each class as bars",
        )
        chosen = st.selectbox("Explain", targets, key=f"taught_target_{len(targets)}")
    if chosen != targets[0]:
        answer = cached.taught_answer(photo, network, taught, taught.classes.index(chosen))
    with heat:
        target = answer.heat_map.question.target
        picture(
            cached.taught_map(photo, network, answer.heat_map),
            f"Grad-CAM heat map for {taught.classes[target]}",
            f"Grad-CAM for {taught.classes[target]}: what speaks for it",
        )
        if not answer.heat_map.has_evidence:
            st.info("No positive evidence: nothing in this photo raises the score of this class.")
    with units:
        _units(answer, taught, target)
    if things and where > 0:
        _verdict(answer, things[where - 1])
    else:
        st.markdown(
            "**Look at the heat map.** Is it on the thing, or on the background? If all photos of a class "
            "were taken at the same place, the network may have learned the place. It is right as long as "
            "the place is the same, and for the wrong reason."
        )
    if st.toggle("Deletion: cover the brightest places of the heat map first", key="taught_deletion"):
        _deletion(photo, taught, answer)


def _units(answer: TaughtAnswer, taught: Taught, target: int) -> None:
    order = np.argsort(-np.abs(answer.contributions))[:STRONGEST]
    st.markdown(f"**Units of {taught.settings.layer}** that count most for {taught.classes[target]}")
    st.dataframe(
        [
            {
                "unit": int(index),
                "activation": float(answer.features[index]),
                "adds": float(answer.contributions[index]),
            }
            for index in order
        ],
        hide_index=True,
        column_config={
            "activation": st.column_config.NumberColumn(format="%.2f"),
            "adds": st.column_config.NumberColumn(format="%.3f"),
        },
    )
    score = answer.contributions.sum() + float(taught.bias[target])
    st.caption(f"All units together and the bias add up to the score, {score:.3f}.")


def _deletion(photo: Photo, taught: Taught, answer: TaughtAnswer) -> None:
    """Show how the probability falls while the places that the heat map calls important turn grey."""
    own, mirror = cached.taught_deletion(photo, state.teaching.base(), taught, answer.heat_map)
    lines = {"this heat map": own.probability, "mirrored": mirror.probability}
    chart(
        figures.curves("share of the pixels that are grey", own.share, lines, None),
        "taught_deletion_curve",
        "The probability of the class while pixels turn grey, for the heat map and for its mirror image",
    )
    st.caption(
        "A heat map that shows what counts makes the probability fall sooner than the same heat map "
        "mirrored, which is bright at other places."
    )


def _verdict(answer: TaughtAnswer, thing) -> None:
    """Say whether the heat map is on the drawn thing, whose place is known."""
    share, area = cached.share_on(thing, answer.heat_map, state.teaching.base())
    told = f"**{share:.0%} of the heat map lies on the thing**, which covers {area:.0%} of the photo. "
    if share > area:
        st.markdown(told + "So the network looks at the thing more than at the background.")
    else:
        st.markdown(
            told + "So the network looks at the **background**. In the photos that it learned from, the "
            "background alone told the class: this is called a *shortcut*. It was right on every validation "
            "photo with the same backgrounds, and fails as soon as a thing stands elsewhere."
        )


def _loaded(taught: Taught) -> None:
    st.success(f"Classes from a file: {', '.join(taught.classes)}.")
    st.button("Back to my photos", key="unload", icon=":material/arrow_back:", on_click=state.teaching.unload)


def _load() -> None:
    with st.expander("Open saved classes", icon=":material/folder_open:", key="open_classes"):
        key = f"classes_file_{state.teaching.taken()}"
        st.file_uploader(
            "A file that was saved here",
            type=["safetensors"],
            key=key,
            on_change=state.teaching.load_file,
            args=(key,),
        )


teach()
background("teach")
