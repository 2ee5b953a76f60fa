"""What surrounds every page: page config, navigation and the sidebar.

The script stands in a folder of its own, since Streamlit takes a folder `pages` beside the script for
its older, automatic navigation.
"""
