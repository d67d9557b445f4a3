"""Calls that block: kept as values and tried again when their socket may have become ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpref.timers import Timer, TimerKind

if TYPE_CHECKING:
    from tcpref.arguments import Arguments
    from tcpref.processes import Process
    from tcpref.sockets import Socket

MILLISECOND = 1_000_000
FOREVER = -1


class Result(NamedTuple):
    """What a call returns: -1 and an errno name, or a value; and tagged results."""

    value: int = 0
    errno: str | None = None
    out: tuple[tuple[str, object], ...] = ()


TIMED_OUT = Result(-1, "EAGAIN")


class PendingCall:
    """One call from start to return.

    The function of the call gives a Result, or None to block on `sockets`. `progress` counts the
    octets sent so far, `octets` are those received; `timed_out` is the result when the call's
    time limit is reached. `request` is what recv() made of its arguments, so that a call that is
    tried again does not read them again.
    """

    __slots__ = (
        "args", "id", "name", "octets", "process", "progress", "request", "signals", "sockets",
        "started", "timed_out", "timer",
    )  # fmt: skip

    def __init__(self, number: int, process: Process, name: str, args: Arguments) -> None:
        self.id = number
        self.process = process
        self.name = name
        self.args = args
        self.sockets: tuple[Socket, ...] = ()
        self.timer: Timer | None = None
        self.progress = 0
        self.request: tuple[frozenset[str], int] | None = None
        self.octets = b""
        self.signals: list[str] = []
        self.started = False
        self.timed_out = TIMED_OUT

    def limit(self) -> Timer:
        """The timer that ends the call, made when first asked for."""
        if self.timer is None:
            self.timer = Timer(TimerKind.CALL, self)
        return self.timer

    def cut_short(self, errno: str) -> Result:
        """The result when the call ends early: what it has done counts more than the reason."""
        if self.octets:
            return Result(len(self.octets), out=(("octets", self.octets),))
        if self.progress:
            return Result(self.progress)
        return Result(-1, errno)
