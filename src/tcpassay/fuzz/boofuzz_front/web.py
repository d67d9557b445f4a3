"""boofuzz's web interface, on this machine's loopback only."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from errno import EINVAL
from typing import TYPE_CHECKING, Self

from boofuzz.web.app import app
from tornado.httpserver import HTTPServer
from tornado.wsgi import WSGIContainer

from tcpassay.core.errors import ConfigurationError

if TYPE_CHECKING:
    from types import TracebackType

    from boofuzz import Session

LOOPBACK = "127.0.0.1"


class WebInterface:
    """Serves a session's pages from a thread of its own until it is left.

    boofuzz's own takes the next port where one is in use, and serves until the program ends.
    `port` 0 takes any; entering raises ConfigurationError for a port that cannot be had.
    """

    def __init__(self, session: Session, port: int) -> None:
        self._session = session
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)
        self._started = threading.Event()
        self._socket: socket.socket | None = None
        self.port = port

    @property
    def url(self) -> str:
        """Where its first page is."""
        return f"http://{LOOPBACK}:{self.port}/"

    def __enter__(self) -> Self:
        self._socket = self._bound()
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        app.session = self._session
        # One line a request would stand between the lines of the console.
        logging.getLogger("tornado.access").setLevel(logging.ERROR)
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        app.session = None

    def _bound(self) -> socket.socket:
        try:
            # create_server() would leave its socket open at a number that is no port.
            if not 0 <= self.port < 1 << 16:
                raise OSError(EINVAL, "no port")
            return socket.create_server((LOOPBACK, self.port))
        except OSError as error:
            self._loop.close()
            msg = f"--web {self.port}: cannot serve on {LOOPBACK}: {error.strerror or error}"
            raise ConfigurationError(msg) from None

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        container = WSGIContainer(app)
        server = HTTPServer(container)
        if self._socket is not None:
            server.add_socket(self._socket)
        self._loop.call_soon(self._started.set)
        try:
            self._loop.run_forever()
        finally:
            server.stop()
            self._loop.run_until_complete(server.close_all_connections())
            self._loop.close()
