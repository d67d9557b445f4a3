"""Sockets: what a descriptor refers to (an open file description, in POSIX's words)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ip_choices, urgent, uto
from tcpref.addresses import WILDCARDS, is_wildcard
from tcpref.errors import CallError
from tcpref.keepalive import KeepAlive, default_times
from tcpref.tcb import OPENING, SENDING, State, Tcb
from tcpref.user_timeout import Patience

if TYPE_CHECKING:
    from tcpref.fastopen_cookies import FastOpenQueue
    from tcpref.listener import Listener
    from tcpref.ports import Binding
    from tcpref.processes import Process
    from tcpref.settings import Settings
    from tcpref.waiting import PendingCall


class Socket:
    """One stream socket: unbound, bound, listening, connecting, connected or ended.

    `error` is the pending error: the next call that asks gets it, and only that one.
    """

    __slots__ = (
        "address", "binding", "corked", "defer_accept", "error", "failed", "family", "fast_open",
        "fast_open_connect", "ip", "keepalive", "keepalive_times", "linger", "listener",
        "max_segment", "nodelay", "nonblocking", "oob_inline", "owner", "port", "quickack",
        "rcv_buffer", "rcv_timeout", "read_shut", "references", "reuse", "reuseport", "snd_buffer",
        "snd_timeout", "soft_errors", "syn_count", "tcb", "user_timeout", "user_timeout_asked",
        "v6only", "waiters", "window_clamp", "write_shut",
    )  # fmt: skip

    def __init__(
        self, settings: Settings, *, nonblocking: bool = False, family: str = "AF_INET"
    ) -> None:
        self.family = family
        self.references = 0
        self.nonblocking = nonblocking
        self.address = WILDCARDS[family]
        self.port = 0
        self.binding: Binding | None = None
        self.listener: Listener | None = None
        self.tcb: Tcb | None = None
        self.error: str | None = None
        self.failed = False
        self.read_shut = False
        self.write_shut = False
        self.waiters: list[PendingCall] = []
        self.owner: Process | None = None  # Who gets SIGURG.
        # Options.
        self.ip = ip_choices.NO_CHOICES
        self.reuse = False
        self.soft_errors = False
        self.v6only = settings.v6only
        self.linger = (0, 0)
        self.nodelay = not settings.nagle
        self.max_segment = settings.mtu - 40
        self.rcv_buffer = settings.rcv_buffer
        self.snd_buffer = settings.snd_buffer
        self.rcv_timeout = 0
        self.snd_timeout = 0
        self.oob_inline = False
        self.keepalive = False
        self.keepalive_times = default_times(settings)
        self.fast_open: FastOpenQueue | None = None
        self.fast_open_connect = False
        self.user_timeout = settings.user_timeout_ms if settings.user_timeout else 0
        self.user_timeout_asked = False
        self.reuseport = self.corked = self.quickack = False
        self.syn_count = self.defer_accept = self.window_clamp = 0

    def reaches(self, address: bytes) -> bool:
        """Whether this socket can be bound or connected to an address of that IP version."""
        if self.family == "AF_INET":
            return len(address) == 4
        return len(address) == 16 or not self.v6only

    def has_source(self, remote: bytes) -> bool:
        """Whether the local address chosen so far, if any, can talk to `remote`."""
        return is_wildcard(self.address) or len(self.address) == len(remote)

    def configure(self, tcb: Tcb) -> None:
        """Give a new connection what the options of this socket say."""
        tcb.nodelay = self.nodelay
        tcb.max_segment = self.max_segment
        tcb.corked = self.corked
        tcb.syn_limit = self.syn_count
        tcb.rcv_buffer = self.receive_room()
        tcb.choose_window()
        if self.keepalive:
            tcb.keepalive = KeepAlive(tcb, self.keepalive_times)
        if self.ip is not ip_choices.NO_CHOICES:
            # The way of an answer is the peer's to say.
            ip_choices.choose(tcb, self.ip._replace(route=None) if tcb.passive else self.ip)
        uto.begin(self, tcb)
        if self.user_timeout:
            tcb.patience = Patience(tcb, self.user_timeout)

    def receive_room(self) -> int:
        """Octets that may wait to be read: the buffer, or what TCP_WINDOW_CLAMP leaves of it."""
        return min(self.rcv_buffer, self.window_clamp or self.rcv_buffer)

    def connection_failed(self, errno: str, *, opening: bool) -> None:
        """The connection ended by an error; it stays pending until a call takes it."""
        self.error = errno
        self.failed = opening

    def take_error(self) -> str | None:
        """The pending error, which is none from now on."""
        error, self.error = self.error, None
        return error

    def raise_error(self) -> None:
        """Fail the call with the pending error, if there is one."""
        error = self.take_error()
        if error is not None:
            raise CallError(error)

    @property
    def connecting(self) -> bool:
        """Whether a handshake is under way that the application has to wait for."""
        tcb = self.tcb
        return tcb is not None and tcb.state in OPENING and not tcb.opened_early

    @property
    def deferred(self) -> bool:
        """Whether a connect() waits for the first text (TCP_FASTOPEN_CONNECT)."""
        opening = None if self.tcb is None else self.tcb.fast_open
        return opening is not None and opening.deferred

    def connection(self) -> Tcb:
        """The connection, open or ended; raises ENOTCONN when there never was one."""
        if self.tcb is None or self.failed:
            raise CallError("ENOTCONN")
        return self.tcb

    def at_end(self) -> bool:
        """Whether recv() would return 0: no more text can come."""
        tcb = self.tcb
        return self.read_shut or (
            tcb is not None and (tcb.fin_received or tcb.state is State.CLOSED)
        )

    def available(self) -> int:
        """Octets that recv() would give now: up to the mark of urgent data, where there is one."""
        tcb = self.tcb
        return 0 if tcb is None else urgent.readable(tcb, inline=self.oob_inline)

    def exceptional(self) -> bool:
        """Whether urgent data waits, or its mark is in the queue."""
        return self.tcb is not None and urgent.exceptional(self.tcb)

    def send_space(self) -> int:
        """Octets that send() would take now."""
        tcb = self.tcb
        return 0 if tcb is None else max(0, self.snd_buffer - len(tcb.send_buffer))

    def readable(self) -> bool:
        """Whether recv() or accept() would not block."""
        if self.listener is not None:
            return bool(self.listener.accept_queue)
        if self.tcb is None or self.connecting:
            return False
        return self.available() > 0 or self.error is not None or self.at_end()

    def writable(self) -> bool:
        """Whether send() would not block."""
        if self.listener is not None or (self.connecting and not self.deferred):
            return False
        if self.tcb is None or self.error is not None or self.write_shut:
            return True
        return self.tcb.state not in SENDING | OPENING or self.send_space() > 0

    def hung_up(self) -> bool:
        """Whether neither direction can be used: never connected, or both have ended."""
        if self.listener is not None or self.connecting:
            return False
        return (
            self.tcb is None
            or self.tcb.state is State.CLOSED
            or (self.write_shut and self.at_end())
        )
