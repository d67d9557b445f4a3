"""Access sequences: the steps that bring a connection of a fresh case into each state.

After them the peer's next number is `peer`, the stack's is `stack`, counted from where each side
has started; `app` names the application's descriptor, empty where there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.fuzz.cases.steps import STREAM, Do, Listen, Send, listen_calls
from tcpassay.wire import ACK, FIN, SYN, MaximumSegmentSize

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.steps import LearnedCookie, Step
    from tcpassay.wire import Option

Way = Literal["listen", "connect", "simultaneous"]
Options = tuple["Option | LearnedCookie", ...]

MSS: Options = (MaximumSegmentSize(1460),)


class Reached(NamedTuple):
    """Steps into a state, and what is true behind them."""

    state: str
    steps: tuple[Step, ...]
    peer: int
    stack: int
    app: str
    way: Way = "listen"
    conn: int = 0


def listen(backlog: int = 5) -> tuple[Step, ...]:
    """A listener on the case's port 0, "listener"."""
    return listen_calls(Listen(backlog=backlog))


def accept(gives: str = "c0") -> Do:
    """accept() without blocking, of a socket that does not block."""
    return Do("accept4", "listener", gives, (("flags", ("SOCK_NONBLOCK",)),))


def connect(conn: int = 0, gives: str = "c0") -> tuple[Step, ...]:
    """connect() without blocking to the peer's port of `conn`."""
    return (
        Do("socket", gives=gives, args=STREAM),
        Do("connect", gives, args=(("address", ("peer", conn)),)),
    )


def opened(way: Way = "listen", *, conn: int = 0, app: str = "c0", syn: Options = MSS) -> Reached:
    """ESTABLISHED, with the application's descriptor at hand."""
    if way == "listen":
        steps: tuple[Step, ...] = (
            *listen(),
            Send(conn, SYN, options=syn),
            Send(conn, ACK, 1, 1),
            accept(app),
        )
    elif way == "connect":
        steps = (*connect(conn, app), Send(conn, SYN | ACK, 0, 1, options=syn))
    else:
        # The peer's own SYN,ACK repeats its SYN's number (RFC 9293, figure 8).
        steps = (
            *connect(conn, app),
            Send(conn, SYN, options=syn),
            Send(conn, SYN | ACK, 0, 1, options=syn),
        )
    return Reached("ESTABLISHED", steps, 1, 1, app, way, conn)


def reach(state: str, way: Way = "listen", *, conn: int = 0, syn: Options = MSS) -> Reached:
    """The way into a state. `way` SYN-SENT and a crossed SYN-RECEIVED are of connect() only.

    Raises KeyError for a state that RFC 9293 does not know.
    """
    if state in {"CLOSED", "LISTEN"}:
        steps = listen() if state == "LISTEN" else ()
        return Reached(state, steps, 0, 0, "", way, conn if state == "LISTEN" else conn + 8)
    if state == "SYN-SENT":
        return Reached(state, connect(conn), 0, 1, "c0", "connect", conn)
    if state == "SYN-RECEIVED":
        if way == "listen":
            steps = (*listen(), Send(conn, SYN, options=syn))
            return Reached(state, steps, 1, 1, "", way, conn)
        steps = (*connect(conn), Send(conn, SYN, options=syn))
        return Reached(state, steps, 1, 1, "c0", "simultaneous", conn)
    open_ = opened(way, conn=conn, syn=syn)
    peer = stack = 1
    steps = open_.steps
    for what in _AFTER[state]:
        if what == "app":
            steps = (*steps, Do("shutdown", "c0", args=(("name", "SHUT_WR"),)))
            stack += 1
        elif what == "ack":
            steps = (*steps, Send(conn, ACK, peer, stack))
        else:
            # Crossing FINs: the peer's does not acknowledge the stack's.
            seen = stack - 1 if what == "crossing" else stack
            steps = (*steps, Send(conn, FIN | ACK, peer, seen))
            peer += 1
    return Reached(state, steps, peer, stack, "c0", way, conn)


_AFTER: dict[str, tuple[str, ...]] = {
    "ESTABLISHED": (),
    "FIN-WAIT-1": ("app",),
    "FIN-WAIT-2": ("app", "ack"),
    "CLOSING": ("app", "crossing"),
    "TIME-WAIT": ("app", "ack", "fin"),
    "CLOSE-WAIT": ("fin",),
    "LAST-ACK": ("fin", "app"),
}
STATES = ("CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", *_AFTER)
