"""Which socket a descriptor of which process stands for: socket(), dup(), fork, close(), exit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcpassay.model.oracle.flow import Flow

Ends = tuple[str, int]


@dataclass(slots=True, eq=False)
class Socket:
    """One socket. `references` counts descriptors; `remote` is set by connect() and accept().

    `connected` says that accept() has made it, or that connect() has succeeded on it.
    `overflowed` says that a listener's queues may have been full once.
    `local` is chosen anew for each connect() unless it is `bound` by bind(). `early` is
    text for a connection whose SYN is still to come (RFC 7413). `deferring`: accept() waits for
    more than the end of a handshake (TCP_DEFER_ACCEPT).
    """

    local: Ends = ("", 0)
    bound: bool = False
    remote: Ends | None = None
    listening: bool = False
    backlog: int = 0
    connected: bool = False
    lingers_zero: bool = False
    user_timeout: int | None = None
    counts_syns: bool = False
    shut: bool = False
    had: tuple[bool, bool] = (False, False)
    failed_shutdowns: set[object] = field(default_factory=set)
    flow: Flow | None = None
    references: int = 1
    overflowed: bool = False
    made: dict[Flow, None] = field(default_factory=dict)
    keepalive: bool = False
    keepidle_s: int | None = None
    corked: bool = False
    buffer_set: bool = False
    lazy: bool = False
    v6only: bool = False
    deferring: bool = False
    early: bytearray = field(default_factory=bytearray)


class Descriptors:
    """The descriptor tables of the processes on the target's side."""

    def __init__(self) -> None:
        self._tables: dict[int, dict[int, Socket]] = {}

    def get(self, process: int, fd: int) -> Socket | None:
        """The socket behind a descriptor."""
        return self._tables.get(process, {}).get(fd)

    def install(self, process: int, fd: int, socket: Socket) -> None:
        """A descriptor that a call has returned."""
        self._tables.setdefault(process, {})[fd] = socket

    def duplicate(self, process: int, fd: int, copy: int) -> None:
        """dup(): another descriptor for the same socket."""
        socket = self.get(process, fd)
        if socket is not None:
            socket.references += 1
            self.install(process, copy, socket)

    def fork(self, parent: int, child: int) -> None:
        """A process that starts with a copy of another's table."""
        table = dict(self._tables.get(parent, {}))
        for socket in table.values():
            socket.references += 1
        self._tables[child] = table

    def close(self, process: int, fd: int) -> Socket | None:
        """close(): the socket, where this was its last descriptor."""
        socket = self._tables.get(process, {}).pop(fd, None)
        return self._released(socket) if socket else None

    def end(self, process: int) -> list[Socket]:
        """A process has gone: the sockets that nobody has a descriptor for any more."""
        table = self._tables.pop(process, {})
        return [s for s in map(self._released, table.values()) if s]

    def _released(self, socket: Socket) -> Socket | None:
        socket.references -= 1
        return None if socket.references > 0 else socket
