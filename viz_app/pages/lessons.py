"""The lessons that ship with the app, and a lesson of one's own."""

import streamlit as st

from viz_app import cached, state
from viz_app.lessons import shelf
from viz_app.lessons.reading import LessonError, read_lesson
from viz_app.lessons.schema import Lesson
from viz_app.widgets.run import part
from viz_app.widgets.show import background, heading

heading("Lessons", "Walk through the network stop by stop, alone or with a class.")


def shelf_of_lessons() -> None:
    names = shelf.names()
    for row in range(0, len(names), 3):
        for name, column in zip(names[row : row + 3], st.columns(3, gap="medium"), strict=False):
            with column, st.container(border=True, height="stretch", key=f"lesson-{name}"):
                _card(name)


def _card(name: str) -> None:
    try:
        lesson = shelf.lesson(name)
    except LessonError as error:
        st.subheader(name, anchor=False)
        _mistakes(error)
        return
    st.subheader(lesson.title, anchor=False)
    st.caption(f"{lesson.minutes} minutes, {len(lesson.stops)} stops")
    st.markdown(lesson.summary)
    _start(name, lesson)
    handout, source = st.columns(2)
    handout.download_button(
        "Handout",
        cached.lesson_handout(lesson),
        f"{name}-lesson.html",
        "text/html",
        key=f"handout-{name}",
        icon=":material/print:",
        width="stretch",
    )
    source.download_button(
        "File",
        shelf.source(name),
        f"{name}.yaml",
        "text/yaml",
        key=f"source-{name}",
        icon=":material/edit_note:",
        width="stretch",
        help="The lesson as a text file. Change it, and bring it back below.",
    )


def _start(name: str, lesson: Lesson) -> None:
    st.button(
        "Start",
        key=f"start-{name}",
        on_click=state.lesson.go_to,
        args=(name,),
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        help=f"Opens the first stop: {lesson.stops[0].title}",
    )


def _mistakes(error: LessonError) -> None:
    count = len(error.mistakes)
    st.warning("One mistake in this file:" if count == 1 else f"{count} mistakes in this file:")
    st.markdown("\n".join(f"- {str(mistake)[:1].upper()}{str(mistake)[1:]}" for mistake in error.mistakes))


@part
def own_lesson() -> None:
    st.subheader("Your own lesson", anchor=False)
    st.markdown("Save the file of a lesson above, change it, and bring it here. It stays in this session.")
    file = st.file_uploader("A lesson file", ["yaml", "yml"], key="lesson_file", max_upload_size=1)
    written = st.text_area(
        "Or write it here",
        key="lesson_text",
        height=220,
        placeholder=shelf.source(shelf.names()[0])[:600],
        persist_state="session",
    )
    text = file.getvalue().decode("utf-8", "replace") if file else written or state.lesson.own_text()
    if not text.strip():
        return
    try:
        lesson = read_lesson(text)
    except LessonError as error:
        _mistakes(error)
        return
    st.success(f"{lesson.title}: {len(lesson.stops)} stops, no mistakes.")
    state.lesson.bring(text)
    if st.button("Start your lesson", key="start-own", type="primary", icon=":material/play_arrow:"):
        state.lesson.go_to(state.lesson.OWN)
        st.rerun()


shelf_of_lessons()
own_lesson()
background("lessons")
