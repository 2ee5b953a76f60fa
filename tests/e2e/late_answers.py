"""Imitate a slow server, whose answers arrive when a test lets them."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, WebSocketRoute

from ..patience import patience
from .browsing import ends_a_run


class LateAnswers:
    """Delays the messages from the server to a page. Create it before the page is opened."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._holds = False
        self._held: list[bytes | str] = []
        page.route_web_socket(re.compile("/_stcore/stream"), self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        self._route = route
        route.connect_to_server().on_message(self._arrived)

    def _arrived(self, message: bytes | str) -> None:
        if self._holds:
            self._held.append(message)
        else:
            self._route.send(message)

    def hold(self) -> None:
        """Delay all messages from now on."""
        self._holds = True

    def wait_for_one(self) -> None:
        """Wait until the server has sent a message, which the page does not get yet."""
        end = time.monotonic() + patience()
        while not any(ends_a_run(message) for message in self._held):
            assert time.monotonic() < end, "the server does not answer"
            self._page.evaluate("() => new Promise(requestAnimationFrame)")

    def deliver(self) -> None:
        """Let all delayed messages reach the page."""
        held, self._held = self._held, []
        for message in held:
            self._route.send(message)

    def no_longer_hold(self) -> None:
        self._holds = False
        self.deliver()
