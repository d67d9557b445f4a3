"""Keep-alives (RFC 9293, 3.8.4): off unless asked for, and only on an idle connection.

After so long without a segment from the peer a probe goes out, <SEQ=SND.NXT-1><ACK=RCV.NXT>, which
a peer that lives must answer. It is repeated at an interval; only so many without an answer end
the connection (MUST-29), with a reset for a peer that can hear and not be heard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpref import output, seq, user
from tcpref.segment import ACK
from tcpref.tcb import State, Tcb
from tcpref.timers import Timer, TimerKind

if TYPE_CHECKING:
    from tcpref.settings import Settings
    from tcpref.sockets import Socket
    from tcpref.stack import Stack

SECOND = 1_000_000_000
#: States in which a connection can be idle for long.
PROBED = frozenset({State.ESTABLISHED, State.FIN_WAIT_2, State.CLOSE_WAIT})
#: States in which the timer goes on, although something is outstanding.
WATCHED = PROBED | {State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK}
GARBAGE = b"\0"


class Times(NamedTuple):
    """TCP_KEEPIDLE and TCP_KEEPINTVL in seconds, and TCP_KEEPCNT."""

    idle: int
    interval: int
    probes: int


def default_times(settings: Settings) -> Times:
    """What a new socket has (MUST-28: two hours or more)."""
    return Times(settings.keepalive_idle_s, settings.keepalive_interval_s, settings.keepalive_count)


class KeepAlive:
    """The keep-alive of one connection: its times, its timer, and probes without an answer."""

    __slots__ = ("probes", "timer", "times")

    def __init__(self, tcb: Tcb, times: Times) -> None:
        self.times = times
        self.timer = Timer(TimerKind.KEEPALIVE, tcb)
        self.probes = 0


def apply(stack: Stack, made: Socket, tcb: Tcb) -> None:
    """SO_KEEPALIVE or one of its times has been set on a connection."""
    if tcb.keepalive is not None:
        tcb.keepalive.timer.stop()
    tcb.keepalive = KeepAlive(tcb, made.keepalive_times) if made.keepalive else None
    start(stack, tcb)


def start(stack: Stack, tcb: Tcb) -> None:
    """Wait for the idle time, counted from the last segment that was heard."""
    held = tcb.keepalive
    if held is not None and tcb.state in WATCHED:
        held.probes = 0
        due = tcb.heard_at + idle_time(tcb, held)
        stack.timers.start(held.timer, max(stack.now, due))


def idle_time(tcb: Tcb, held: KeepAlive) -> int:
    """How long nothing is heard before the first probe, nanoseconds.

    Longer than the user time-out that was adopted, so that no keep-alive ends a connection which
    that would have kept (RFC 5482, 4.2).
    """
    idle = held.times.idle * SECOND
    if tcb.uto is None or tcb.patience is None:
        return idle
    return max(idle, tcb.patience.limit + SECOND)


def heard(stack: Stack, tcb: Tcb) -> None:
    """A segment has come: if it answers probes they no longer count."""
    if tcb.keepalive is not None and tcb.keepalive.probes and tcb.heard_at == stack.now:
        start(stack, tcb)


def expires(stack: Stack, tcb: Tcb) -> None:
    """The timer expired: the connection was not idle so long, or a probe is due, or the end."""
    held = tcb.keepalive
    if held is None or tcb.state not in WATCHED:
        return
    idle = idle_time(tcb, held)
    if outstanding(tcb):
        stack.timers.start(held.timer, stack.now + idle)
    elif stack.now - tcb.heard_at < idle:
        start(stack, tcb)
    elif exhausted(stack, tcb, held):
        user.abort(stack, tcb, tcb.soft_error or "ETIMEDOUT")
    else:
        held.probes += 1
        probe(stack, tcb)
        stack.timers.start(held.timer, stack.now + held.times.interval * SECOND)


def outstanding(tcb: Tcb) -> bool:
    """Whether something of ours is to be acknowledged or sent: no probe then (MUST-26)."""
    return tcb.flight > 0 or tcb.unsent > 0 or tcb.fin_pending


def exhausted(stack: Stack, tcb: Tcb, held: KeepAlive) -> bool:
    """Whether the probes have shown enough. TCP_USER_TIMEOUT stands in for their number, but not
    what a peer has advised.
    """
    advised = tcb.uto is not None and tcb.uto.changeable
    if tcb.patience is not None and not advised:
        return held.probes > 0 and stack.now - tcb.heard_at >= tcb.patience.limit
    return held.probes >= held.times.probes


def probe(stack: Stack, tcb: Tcb) -> None:
    """Without text (SHLD-12), or with an octet of garbage for peers that need one (MAY-6)."""
    payload = GARBAGE if tcb.settings.keepalive_garbage else b""
    output.transmit(stack, tcb, seq.add(tcb.snd_nxt, -1), ACK, payload=payload)
