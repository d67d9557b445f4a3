"""A listening end point and its two queues.

The SYN queue holds connections in SYN-RECEIVED, the accept queue those that are complete and wait
for accept(), first come, first served. Each has its own bound. `backlog` bounds the accept queue
alone: at most max(backlog, 1) connections wait in it, so that a backlog of zero (or below) still
lets one through at a time.

While the accept queue is full a SYN is ignored, and so is the ACK that would complete a
handshake: its SYN,ACK is sent again later, and the answer to that finds room or not.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tcpref.tcb import Key, Tcb

if TYPE_CHECKING:
    from tcpref.settings import Settings
    from tcpref.sockets import Socket


class Listener:
    """One end point in LISTEN. The address is the wildcard or one of the stack's own."""

    __slots__ = ("accept_queue", "address", "backlog", "port", "settings", "socket", "syn_queue")

    def __init__(self, socket: Socket, address: bytes, port: int, settings: Settings) -> None:
        self.socket = socket
        self.address = address
        self.port = port
        self.settings = settings
        self.backlog = 0
        self.syn_queue: dict[Key, Tcb] = {}
        self.accept_queue: deque[Tcb] = deque()

    def set_backlog(self, backlog: int) -> None:
        """Take the second argument of listen(); the setting `max_backlog` caps it."""
        self.backlog = min(backlog, self.settings.max_backlog)

    def accept_bound(self) -> int:
        """How many completed connections may wait."""
        return max(self.backlog, 1)

    def admits_connection(self) -> bool:
        """Whether a handshake may complete now."""
        return len(self.accept_queue) < self.accept_bound()

    def admits_syn(self) -> bool:
        """Whether a SYN may start a handshake now."""
        return self.admits_connection() and len(self.syn_queue) < self.settings.syn_queue

    def add_half_open(self, tcb: Tcb) -> None:
        """A SYN has come: the connection joins the SYN queue."""
        self.syn_queue[tcb.key] = tcb

    def complete(self, tcb: Tcb) -> None:
        """The handshake is over: the connection joins the tail of the accept queue."""
        self.syn_queue.pop(tcb.key, None)
        self.accept_queue.append(tcb)

    def take(self) -> Tcb | None:
        """The head of the accept queue, for accept()."""
        return self.accept_queue.popleft() if self.accept_queue else None

    def remove(self, tcb: Tcb) -> None:
        """The connection has ended before accept(): it leaves whichever queue it is in."""
        if self.syn_queue.pop(tcb.key, None) is None and tcb in self.accept_queue:
            self.accept_queue.remove(tcb)
