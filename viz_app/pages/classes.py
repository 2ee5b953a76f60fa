"""Open a class that sees what the teacher shows, or join one."""

import streamlit as st

from viz_app import state
from viz_app.classroom import UnknownClassError, classrooms
from viz_app.frame.navigation import PAGES
from viz_app.widgets.join import other_device, qr_code
from viz_app.widgets.show import background, heading

heading("Class", "Everyone who joins sees on their own screen what the teacher shows.")


def teach() -> None:
    with st.container(border=True, height="stretch", key="teach"):
        st.subheader("Teach", anchor=False)
        if state.classes.is_teacher():
            st.markdown(
                "Your class is open. Go to any page or start a lesson: everyone who follows goes along."
            )
            qr_code(state.classes.code())
            other_device(state.classes.code())
            return
        st.markdown(
            "Students join with a QR code or a short address. They need no account, and no names are stored. "
            "Whoever wants to explore alone can, and comes back with one click."
        )
        st.button(
            "Open a class",
            key="open_class",
            on_click=state.classes.open_class,
            args=(PAGES[0].file,),
            type="primary",
            icon=":material/school:",
            disabled=bool(state.classes.code()),
        )


def join() -> None:
    with st.container(border=True, height="stretch", key="join"):
        st.subheader("Join", anchor=False)
        if state.classes.code() and not state.classes.is_teacher():
            st.markdown(f"You are in the class **{state.classes.code()}**.")
            return
        with st.form("join_form", border=False):
            code = st.text_input("Code of the class", key="join_code", max_chars=12, placeholder="BCDF")
            joins = st.form_submit_button(
                "Join", icon=":material/login:", disabled=state.classes.is_teacher()
            )
        if joins and classrooms().exists(code):
            state.classes.join(code)
            st.rerun()
        elif joins:
            st.warning(str(UnknownClassError(code)) if code else "Write the code that your teacher shows.")


left, right = st.columns(2, gap="medium")
with left:
    teach()
with right:
    join()
background("classes")
