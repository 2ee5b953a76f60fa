"""Do what a visitor does in the browser. These helpers wait for states of the page, never for a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from playwright.sync_api import BrowserContext, Page, WebSocket, expect
from playwright.sync_api import TimeoutError as WaitedTooLongError
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from viz_app.frame.navigation import PAGES

# Count the server's messages when they arrive in the page, before Streamlit handles them.
COUNT_MESSAGES = """
    window.WebSocket = class extends WebSocket {
        constructor(...given) {
            super(...given);
            window.messages = 0;
            this.addEventListener("message", () => { window.messages += 1; });
        }
    };
"""

# True if the script has ended, and Streamlit has had two frames to draw its output.
IS_SETTLED = """async messages => {
    const rests = () => window.messages >= messages
        && document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning";
    if (!rests()) return false;
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    return rests();
}"""

IS_DRAWN = """() => document.fonts.status === "loaded"
    && !document.querySelector("[data-testid=stSkeleton]")
    && [...document.images].every(image => image.complete)
    && [...document.querySelectorAll("[data-testid=stPlotlyChart]")]
        .every(chart => chart.querySelector(".main-svg"))
"""


class Connection:
    """The messages between a page and the server since the page was opened."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.messages = 0
        socket.on("framereceived", self._count)

    def _count(self, _payload: bytes | str) -> None:
        self.messages += 1


_connections: WeakKeyDictionary[Page, Connection] = WeakKeyDictionary()


def watched(context: BrowserContext) -> BrowserContext:
    """Return the same new context, the messages of whose pages are recorded from now on."""
    context.add_init_script(COUNT_MESSAGES)

    def opened(page: Page) -> None:
        page.on("websocket", lambda socket: _connections.__setitem__(page, Connection(socket)))

    context.on("page", opened)
    return context


def settled(page: Page) -> None:
    """Wait until Streamlit has run the script and shows its output. Jobs may still be running."""
    try:
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        page.wait_for_function(IS_SETTLED, arg=_connections[page].messages)
    except WaitedTooLongError as error:
        raise AssertionError(f"{page.url} does not come to rest: {_unrest(page)}") from error


def _unrest(page: Page) -> str:
    """Return what Streamlit says about itself in the page: the states of script and connection, messages."""
    app = page.locator('[data-testid="stApp"]')
    states = [app.get_attribute(f"data-test-{what}-state") for what in ("script", "connection")]
    seen, received = page.evaluate("window.messages"), _connections[page].messages
    return f"script {states[0]}, connection {states[1]}, {seen} messages in the page of {received}"


def finished(page: Page) -> None:
    """Wait until the script and all jobs have ended."""
    while True:
        settled(page)
        stop = page.locator('[class*="st-key-stop-"]')
        if stop.count() == 0:
            return
        expect(stop).to_have_count(0)


def drawn(page: Page) -> None:
    """Wait until all work has ended, and charts, pictures and fonts are loaded."""
    finished(page)
    page.wait_for_function(IS_DRAWN)


def ends_a_run(payload: bytes | str) -> bool:
    """Return whether a message says that the script, or a part of a page, has ended and will not rerun."""
    message = ForwardMsg.FromString(payload if isinstance(payload, bytes) else payload.encode())
    return (
        message.WhichOneof("type") == "script_finished"
        and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
    )


@contextmanager
def answered(page: Page) -> Iterator[None]:
    """Wait after the `with` block until the server has answered its actions and the page shows the answer."""
    settled(page)  # otherwise the end of an earlier run would pass for the answer
    with _connections[page].socket.expect_event("framereceived", ends_a_run):
        yield
    settled(page)


def visit(page: Page, address: str) -> None:
    """Open an address, and wait until the page is there."""
    page.goto(address)
    page.wait_for_selector("h1")
    page.locator(".st-key-bar .find").wait_for()  # from then on the page listens to keys
    settled(page)


def open_page(page: Page, title: str) -> None:
    """Search for a page in the bar by its title, unless it is already open."""
    [heading] = [entry.heading for entry in PAGES if entry.title == title]
    if page.locator("h1").inner_text() == heading:
        return
    page.locator("h1").click()  # so that no text field has the keyboard
    with answered(page):
        page.keyboard.press("/")
        page.get_by_role("searchbox").fill(title)
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()


def no_errors(page: Page) -> None:
    """Check that the page shows neither a traceback nor an error message."""
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    expect(page.locator('[data-testid="stAlertContentError"]')).to_have_count(0)


def foreign(address: str, asked: list[str]) -> list[str]:
    """Return the addresses that a page has requested from other servers."""
    return [url for url in asked if not url.startswith((address, "data:", "blob:"))]


def upload(page: Page, name: str, data: bytes, mime: str = "image/png") -> None:
    """Upload a photo, and wait until a new widget has replaced the one that took it."""
    chooser = page.locator(".st-key-upload input[type=file]")
    before = chooser.element_handle()
    with answered(page):
        chooser.set_input_files({"name": name, "mimeType": mime, "buffer": data})
    page.wait_for_function("chooser => !chooser.isConnected", arg=before)
    settled(page)


def click_into(page: Page, key: str, column: float, row: float) -> None:
    """Click on a picture, at a fraction of its width and height."""
    image = page.locator(f".st-key-{key} img")
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + column * box["width"], box["y"] + row * box["height"])


def click_tile(page: Page, key: str, column: float, row: float) -> None:
    """Click into a clickable picture at a fraction of its width and height, and wait for the answer."""
    with answered(page):
        click_into(page, key, column, row)


TITLES = tuple(entry.title for entry in PAGES)
