"""Write all choices of a page into its address, so that a link, a bookmark or a reload shows them again.

    address.link("filters", {"filter": 7})      returns a link to a page with choices: "filters?filter=7"
    address.here()                              returns a link to what is on screen
    address.use({"layer": "relu5"})             makes choices, in a callback
    address.go(page, {"filter": "7"})           shows another page with these choices
    st.number_input("Filter", 0, 95, **address.kept("filter", range(96), 0))     is a widget for a choice

`table.py` lists the choices, `kinds.py` and `compound.py` write and read them, and `session.py` keeps the
address and the session's choices equal.
"""

from viz_app.address.asking import ask, asked, taken
from viz_app.address.session import (
    PAGE_FILES,
    arrive,
    everything,
    everything_is_behind,
    everything_is_drawn,
    go,
    here,
    is_back_or_forward,
    is_outdated,
    kept,
    leave,
    link,
    missed,
    on_every_page,
    only_a_part_runs,
    page,
    part,
    remember,
    rerun_everything,
    settle,
    use,
    written,
)

__all__ = [
    "PAGE_FILES",
    "arrive",
    "ask",
    "asked",
    "everything",
    "everything_is_behind",
    "everything_is_drawn",
    "go",
    "here",
    "is_back_or_forward",
    "is_outdated",
    "kept",
    "leave",
    "link",
    "missed",
    "on_every_page",
    "only_a_part_runs",
    "page",
    "part",
    "remember",
    "rerun_everything",
    "settle",
    "taken",
    "use",
    "written",
]
