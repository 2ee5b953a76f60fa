"""Start the app: `streamlit run app.py`. The script that draws the pages is viz_app/frame/main.py.

This file loads the network before the first visitor comes. It also compresses all responses, since thirty
browsers in one classroom download the same files.
"""

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from model.errors import UserError
from viz_app import class_route
from viz_app.settings import settings

# Let threads of PyTorch sleep while they wait for each other, instead of spinning. If several visitors or
# other programs use the same cores, spinning makes everything ten times slower. PyTorch reads this when it is
# loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

try:
    settings()  # a value that a setting cannot have is said at once
except UserError as error:
    sys.exit(str(error))


@asynccontextmanager
async def preload(_app: st.App) -> AsyncIterator[None]:
    """Load the network on a thread while the server starts."""
    Thread(target=_warm_up, name="preload", daemon=True).start()
    yield


def _warm_up() -> None:
    # Streamlit would warn that this is not a visitor's session.
    logger = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    logger.setLevel(logging.ERROR)
    from viz_app import cached

    cached.warm_up()
    logger.setLevel(logging.WARNING)


app = st.App(
    str(Path(__file__).with_name("viz_app") / "frame" / "main.py"),
    lifespan=preload,
    routes=[class_route.route()],
    middleware=[Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)],
)
