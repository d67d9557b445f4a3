"""A listening end point and its two queues.

The SYN queue holds connections in SYN-RECEIVED, the accept queue those that are complete and wait
for accept(), first come, first served. Each has its own bound: `syn_queue` of the settings, and
what listen() was given.

What `backlog` counts is a setting. "completed": the accept queue alone, so that at most
max(backlog, 1) connections wait in it and even a backlog of zero (or below) lets one through at a
time. "sum": both queues together, as 4.2BSD had it; a connection that has a place in the first has
one in the second. The setting `backlog_three_halves` makes the bound 3 * backlog / 2 + 1, which
the BSDs allowed under that meaning.

While there is no room a SYN is ignored, so that the peer tries again. So is the ACK that would
complete a handshake: its SYN,ACK is sent again later, and the answer to that finds room or not;
the setting `abort_on_overflow` resets the peer instead.
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

    __slots__ = (
        "accept_queue", "address", "backlog", "cookie_sent", "mates", "port", "settings",
        "socket", "syn_queue",
    )  # fmt: skip

    def __init__(self, socket: Socket, address: bytes, port: int, settings: Settings) -> None:
        self.socket = socket
        self.address = address
        self.port = port
        self.settings = settings
        self.backlog = 0
        self.syn_queue: dict[Key, Tcb] = {}
        self.accept_queue: deque[Tcb] = deque()
        #: All that share the address (`reuseport`), this one included; none if it is alone.
        self.mates: list[Listener] = []
        #: When a SYN was last answered with a cookie (`cookies`), nanoseconds.
        self.cookie_sent: int | None = None

    def set_backlog(self, backlog: int) -> None:
        """Take the second argument of listen(); the setting `max_backlog` caps it."""
        self.backlog = min(backlog, self.settings.max_backlog)

    def accept_bound(self) -> int:
        """How many connections may wait: in the accept queue, or in both."""
        if self.settings.backlog_three_halves:
            return 3 * max(self.backlog, 0) // 2 + 1
        return max(self.backlog, 1)

    def waiting(self) -> int:
        """How many wait already, by what `backlog` counts."""
        if self.settings.backlog_counts == "sum":
            return len(self.accept_queue) + len(self.syn_queue)
        return len(self.accept_queue)

    def admits_connection(self) -> bool:
        """Whether a handshake may complete now. Of the sum it is a part already."""
        return self.settings.backlog_counts == "sum" or self.waiting() < self.accept_bound()

    def has_room(self) -> bool:
        """Whether the bound that listen() was given leaves room for one more."""
        return self.waiting() < self.accept_bound()

    def admits_syn(self) -> bool:
        """Whether a SYN may start a handshake now."""
        return self.has_room() and len(self.syn_queue) < self.settings.syn_queue

    def add_half_open(self, tcb: Tcb) -> None:
        """A SYN has come: the connection joins the SYN queue."""
        self.syn_queue[tcb.key] = tcb

    def complete(self, tcb: Tcb) -> None:
        """The handshake is over, or fast open does not wait for it: the connection joins the tail
        of the accept queue, once.
        """
        if self.syn_queue.pop(tcb.key, None) is not None:
            self.accept_queue.append(tcb)

    def take(self) -> Tcb:
        """The head of the accept queue, for accept(); raises IndexError where it is empty."""
        return self.accept_queue.popleft()

    def remove(self, tcb: Tcb) -> None:
        """The connection has ended before accept(): it leaves whichever queue it is in."""
        if self.syn_queue.pop(tcb.key, None) is None and tcb in self.accept_queue:
            self.accept_queue.remove(tcb)
