"""A web server on this machine that serves one file, and misbehaves if a test wants it."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from ..patience import patience


class WeightsServer:
    """A server that serves `content` under every path, as long as a `with` block runs.

    Attributes:
        ranges: the Range header of every request so far; "" for a request without one.
        supports_range: whether a Range is answered with 206 or, as by simple servers, ignored.
        cut_after: number of bytes after which the connection is closed, for the next request only.
        stall_after: number of bytes after which nothing more is sent, for the next request only.
        status: if it is not 200, requests are answered with it.
        sending: set when the first bytes have been sent; the rest is sent when `go_on` is set.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.ranges: list[str] = []
        self.supports_range = True
        self.cut_after: int | None = None
        self.stall_after: int | None = None
        self.status = 200
        self.sending, self.go_on = Event(), Event()
        self.go_on.set()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805 - the base class calls it so
                self._answer(handler)

            def log_message(self, *_args) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> WeightsServer:
        self._thread.start()
        return self

    def __exit__(self, *_exception) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range", "")
        self.ranges.append(wanted)
        if self.status != 200:
            handler.send_error(self.status)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if start and start >= len(self.content) and self.supports_range:
            handler.send_error(416)
            return
        partial = bool(wanted) and self.supports_range
        body = self.content[start:] if partial else self.content
        handler.send_response(206 if partial else 200)
        handler.send_header("Content-Length", str(len(body)))
        if partial:
            total = len(self.content)
            handler.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        handler.end_headers()
        self._send(handler, body)

    def _send(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        cut, self.cut_after = self.cut_after, None
        stall, self.stall_after = self.stall_after, None
        stop = next((limit for limit in (cut, stall) if limit is not None), len(body))
        half = min(stop, len(body) // 2)
        handler.wfile.write(body[:half])
        self.sending.set()
        self.go_on.wait(patience())
        handler.wfile.write(body[half:stop])
        handler.wfile.flush()
        if stall is not None:
            self.go_on.clear()
            self.go_on.wait(patience())
        if cut is not None:
            handler.connection.shutdown(socket.SHUT_RDWR)


def nobody_there() -> str:
    """Return a web address on this machine at which no server answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
