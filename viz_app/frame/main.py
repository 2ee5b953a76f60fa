"""The script that Streamlit runs for every visitor: page config, navigation, the shared sidebar."""

from pathlib import Path

import streamlit as st

from model.assets import ASSETS
from viz_app import state
from viz_app.frame import sidebar

PAGES = Path(__file__).parents[1] / "pages"

st.set_page_config(page_title="AlexNet Explorer", page_icon=str(ASSETS / "icon.png"), layout="wide")

page = st.navigation(
    {
        "": [
            st.Page(PAGES / "prediction.py", title="Prediction", icon=":material/label:", default=True),
            st.Page(PAGES / "network.py", title="Architecture", icon=":material/account_tree:"),
            st.Page(PAGES / "filters.py", title="Filters", icon=":material/grid_view:"),
            st.Page(PAGES / "feature_maps.py", title="Feature maps", icon=":material/layers:"),
            st.Page(PAGES / "explain.py", title="Attribution", icon=":material/center_focus_strong:"),
        ],
        "Inside a layer": [
            st.Page(PAGES / "cell.py", title="Arithmetic", icon=":material/calculate:"),
            st.Page(PAGES / "patches.py", title="Receptive field", icon=":material/frame_inspect:"),
            st.Page(
                PAGES / "feature_visualization.py",
                title="Feature visualization",
                icon=":material/auto_awesome:",
            ),
            st.Page(PAGES / "ablation.py", title="Ablation", icon=":material/toggle_off:"),
        ],
        "Heat maps": [
            st.Page(PAGES / "methods.py", title="Attribution methods", icon=":material/school:"),
            st.Page(PAGES / "believe.py", title="Sanity checks", icon=":material/rule:"),
        ],
        "Labs": [
            st.Page(PAGES / "shape_lab.py", title="Shape lab", icon=":material/straighten:"),
            st.Page(PAGES / "stimuli.py", title="Stimuli", icon=":material/texture:"),
            st.Page(PAGES / "health.py", title="Network health", icon=":material/monitor_heart:"),
        ],
    },
    position="top",
)
state.drop_endless_numbers()
st.html(ASSETS / "style.css")
sidebar.show()
page.run()
