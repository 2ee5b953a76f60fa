"""Surroundings of every page: configuration, navigation and the sidebar.

The script has its own folder, because Streamlit uses a folder `pages` beside the script for its old,
automatic navigation.
"""
