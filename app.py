"""The app: `streamlit run app.py`. The script that draws it is viz_app/frame/main.py.

This file is what Streamlit serves: before the first visitor comes it loads the network, and it
compresses what is sent, since thirty browsers on one classroom network each fetch the same files.
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

# Threads of PyTorch that wait for each other sleep instead of spinning. Where other work wants the same
# cores, as with several visitors or a busy laptop, spinning makes everything ten times slower.
# It is read when PyTorch is loaded, which comes later.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@asynccontextmanager
async def preload(_app: st.App) -> AsyncIterator[None]:
    """Load the network beside the server's own start, so that neither waits for the other."""
    Thread(target=_warm_up, name="preload", daemon=True).start()
    yield


def _warm_up() -> None:
    # Outside a visitor's session Streamlit warns that there is none.
    logger = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    logger.setLevel(logging.ERROR)
    from viz_app import cached

    cached.warm_up()
    logger.setLevel(logging.WARNING)


app = st.App(
    str(Path(__file__).with_name("viz_app") / "frame" / "main.py"),
    lifespan=preload,
    middleware=[Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)],
)
