"""The address at which browsers ask what is new in their class: `api/class/BCDF`.

Thirty browsers ask once a second, so this does without a Streamlit session, and costs a fraction of a
millisecond.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit import config

from viz_app.classroom import UnknownClassError, classrooms


def route() -> Route:
    """Return the route for `st.App`, below the path under which the app is served."""
    base = str(config.get_option("server.baseUrlPath")).strip("/")
    return Route(f"/{base}/api/class/{{code}}".replace("//", "/"), whats_new)


def whats_new(request: Request) -> JSONResponse:
    """Answer a browser of a class: the version of what the teacher shows, and how many students are there.

    A student's browser says who asks with `student`, so that it counts as being there. The teacher's proves
    itself with `secret`, and also gets the number of answers to the present question.
    """
    code, asks = request.path_params["code"], request.query_params
    rooms = classrooms()
    try:
        seen = rooms.look(code, asks.get("student", ""))
        view = seen.view
        counts = rooms.counts(code, asks.get("secret", ""), view.lesson, view.stop)
        there = {"version": seen.version, "present": rooms.present(code), "answers": sum(counts.values())}
    except UnknownClassError:
        return JSONResponse({"ended": True}, status_code=404, headers={"cache-control": "no-store"})
    return JSONResponse(there, headers={"cache-control": "no-store"})
