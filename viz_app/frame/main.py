"""The script that Streamlit runs for every visitor: it draws navigation, sidebar and page."""

from pathlib import Path

import streamlit as st

from model.assets import ASSETS
from viz_app import address, state
from viz_app.frame import bar, class_bar, lesson, sidebar
from viz_app.frame.navigation import APP, PAGES
from viz_app.state import tab
from viz_app.widgets.run import after_drawing

FOLDER = Path(__file__).parents[1] / "pages"

# If the menu has an entry, Streamlit adds its switch between light and dark to it.
st.set_page_config(
    page_title=APP,
    page_icon=str(ASSETS / "icon.png"),
    layout="wide",
    menu_items={"About": f"**{APP}**: an instrument for looking inside AlexNet."},
)

pages = {
    entry.file: st.Page(
        FOLDER / f"{entry.file}.py",
        title=entry.title,
        icon=f":material/{entry.icon}:",
        default=entry is PAGES[0],
    )
    for entry in PAGES
}
page = st.navigation(list(pages.values()), position="hidden")
here = next(file for file, one in pages.items() if one.title == page.title)
address.arrive(here, first=PAGES[0].file)
state.classes.settle()
class_bar.catch_up(here)
lesson.travel()
state.lesson.settle()
# On the front page the sidebar is closed: the page offers the photos itself, and needs the width. So does a
# lesson, whose text stands beside the page.
is_wide = here == PAGES[0].file or state.lesson.current() is not None
st.set_page_config(initial_sidebar_state="collapsed" if is_wide else "auto")
st.html(ASSETS / "style.css")
if state.presenter():
    st.html(ASSETS / "presenter.css")
bar.show(pages, here)
class_bar.show(here)
tab.show(is_in_class=bool(state.classes.code()))
sidebar.show()
lesson.show(here)
notices = st.container(key="notices")
page.run()
address.leave()
after_drawing()
for sentence in address.missed():
    notices.info(sentence, icon=":material/link_off:")
