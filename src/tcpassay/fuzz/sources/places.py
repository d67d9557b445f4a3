"""Where the sweep edits a segment: every state, the ways into it, and what is under way there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.fuzz.cases.steps import Do, Send
from tcpassay.fuzz.playing.reach import MSS, STATES, Way, accept, reach
from tcpassay.wire import (
    ACK,
    FIN,
    PSH,
    RST,
    SYN,
    SackPermitted,
    Timestamps,
    WindowScale,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.fuzz.cases.steps import Step
    from tcpassay.fuzz.playing.reach import Options

#: What a modern peer offers in its SYN.
MODERN: Final[Options] = (*MSS, SackPermitted(), Timestamps(0, 0), WindowScale(7))
#: Octets of text: written and not acknowledged, arrived and not read, held behind a hole.
IN_FLIGHT, UNREAD, HELD = 2_000, 100, 100
#: Octets of the text that follows the edited segment (it fills the hole before what is held), and
#: of what the application then sends.
AFTER, ANSWER = 20, 30

#: Segments a right peer may send, and which of them carry an acknowledgement.
BASES: Final = {
    "ACK": ACK,
    "text": PSH | ACK,
    "FIN": FIN | ACK,
    "RST": RST,
    "SYN": SYN,
    "SYN,ACK": SYN | ACK,
}
TEXT = 10

#: How the case ends: by the peer, by the application, by a reset of either.
ENDS: Final = ("FIN", "close", "RST", "abort")

_SENDING = frozenset({"ESTABLISHED", "CLOSE-WAIT", "SYN-RECEIVED", "SYN-SENT", "LISTEN"})
#: Where the stack's SYN or FIN is in flight.
_UNACKNOWLEDGED = frozenset({"SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK"})


class Place(NamedTuple):
    """One state with a history: the steps into it, and what is true behind them.

    Numbers as in Send: `peer` is the stack's rcv.nxt, `una` and `nxt` its snd.una and snd.nxt.
    `held` is how many numbers lie behind a hole of AFTER octets. `stamps` says that timestamps are
    agreed, `listener` and `app` which descriptors there are, `needs` the capabilities to get here.
    """

    state: str
    name: str
    steps: tuple[Step, ...]
    peer: int
    una: int
    nxt: int
    conn: int
    app: bool
    listener: bool
    stamps: bool
    held: int
    needs: frozenset[str]

    def stamped(self, step: Send, tick: int = 8) -> Send:
        """A segment with the timestamps that are due on it."""
        if not self.stamps or step.flags & SYN:
            return step
        return step._replace(options=(Timestamps(tick, 0), *step.options))

    def base(self, kind: str) -> Send:
        """The segment of this kind that a right peer sends here."""
        flags = BASES[kind]
        step = Send(
            self.conn,
            flags,
            self.peer,
            self.nxt if flags & ACK else None,
            data=TEXT if kind == "text" else 0,
            options=(MODERN if self.stamps else MSS) if flags & SYN else (),
        )
        return self.stamped(step)

    def follow(self) -> tuple[Step, ...]:
        """What a right peer and the application do next, so that what is wrong shows."""
        peer, conn = self.peer, self.conn
        opening: tuple[Step, ...] = ()
        if self.state == "CLOSED":
            return (Send(conn, SYN, options=MSS),)
        if self.state == "LISTEN":
            peer, opening = 1, (Send(conn, ACK, 1, 1), accept())
        elif self.state == "SYN-SENT":
            options = MODERN if self.stamps else MSS
            peer, opening = 1, (Send(conn, SYN | ACK, 0, 1, options=options),)
        elif self.state == "SYN-RECEIVED" and self.listener:
            opening = (self.stamped(Send(conn, ACK, 1, 1), 9), accept())
        text = Send(conn, PSH | ACK, peer, self.nxt or 1, data=AFTER)
        after = (
            *opening,
            self.stamped(text, 10),
            Do("recv", "c0", args=(("length", 4_096), ("flags", ()))),
        )
        if self.state not in _SENDING:
            return after
        return (*after, Do("send", "c0", args=(("text", ANSWER), ("flags", ()))))

    def end(self, how: str) -> tuple[Step, ...]:
        """The end of the case, by one of ENDS."""
        if self.state == "CLOSED":
            return ()
        peer = (1 if self.state in {"LISTEN", "SYN-SENT"} else self.peer) + AFTER + self.held
        nxt = (self.nxt or 1) + (ANSWER if self.state in _SENDING else 0)
        fin = self.stamped(Send(self.conn, FIN | ACK, peer, nxt), 11)
        close = Do("close", "c0")
        closed = nxt + (self.state in _SENDING)  # Elsewhere the stack's FIN is below snd.nxt.
        if how == "FIN":
            return fin, close, self.stamped(Send(self.conn, ACK, peer + 1, closed), 12)
        if how == "close":
            return close, self.stamped(Send(self.conn, FIN | ACK, peer, closed), 11)
        if how == "RST":
            return (Send(self.conn, RST, peer),)
        return LINGER_ZERO, close


LINGER_ZERO: Final = Do(
    "setsockopt", "c0", args=(("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, 0)))
)


_NEEDS: Final[dict[Way, frozenset[str]]] = {
    "listen": frozenset(),
    "connect": frozenset({"active_open"}),
    "simultaneous": frozenset({"active_open", "simultaneous_open"}),
}


def _place(state: str, way: Way = "listen", what: str = "", *, stamps: bool = False) -> Place:
    reached = reach(state, way, syn=MODERN if stamps else MSS)
    steps, peer, nxt = list(reached.steps), reached.peer, reached.stack
    una = nxt - (state in _UNACKNOWLEDGED)
    if what == "text in flight":
        steps, una, nxt = _in_flight(steps, reached.stack)
    elif what:
        steps, peer = _with_text(steps, reached.peer, reached.stack, what, reached.conn)
    words = [state, *([reached.way] if reached.way != "listen" and state != "SYN-SENT" else [])]
    name = " ".join(words) + (f", {what}" if what else "") + (", stamps" if stamps else "")
    place = Place(
        state=state,
        name=name,
        steps=(),
        peer=peer,
        una=una,
        nxt=nxt,
        conn=reached.conn,
        app=bool(reached.app),
        listener=reached.way == "listen" and state not in {"CLOSED", "SYN-SENT"},
        stamps=stamps,
        needs=_NEEDS[reached.way],
        held=(HELD + (what == "FIN held")) if what.endswith("held") else 0,
    )
    return place._replace(steps=stamped_steps(steps) if stamps else tuple(steps))


def stamped_steps(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Steps of a connection that has agreed on timestamps, each segment with one."""
    return tuple(
        step._replace(options=(Timestamps(1, 0), *step.options))
        if isinstance(step, Send) and not step.flags & SYN
        else step
        for step in steps
    )


def _opening(steps: list[Step]) -> int:
    """How many of the steps open the connection; what closes it is behind them."""
    for at, step in enumerate(steps):
        if isinstance(step, Do) and step.call == "shutdown":
            return at
        if isinstance(step, Send) and step.flags & FIN:
            return at
    return len(steps)


def _in_flight(steps: list[Step], stack: int) -> tuple[list[Step], int, int]:
    """The application's text before anything closes; nothing of it is acknowledged."""
    at = _opening(steps)
    send = Do("send", "c0", args=(("text", IN_FLIGHT), ("flags", ())))
    return [*steps[:at], send, *steps[at:]], 1, stack + IN_FLIGHT


def _with_text(
    steps: list[Step], peer: int, stack: int, what: str, conn: int
) -> tuple[list[Step], int]:
    if what.endswith("held"):
        flags = FIN | ACK if what == "FIN held" else ACK
        return [*steps, Send(conn, flags, peer + AFTER, stack, data=HELD)], peer
    if what == "window closed":
        send = Do("send", "c0", args=(("text", ANSWER), ("flags", ())))
        return [*steps, Send(conn, ACK, peer, stack, window=0), send], peer
    at = _opening(steps)
    text = Send(conn, PSH | ACK, 1, 1, data=UNREAD)
    later = [
        step._replace(seq=step.seq + UNREAD) if isinstance(step, Send) else step
        for step in steps[at:]
    ]
    return [*steps[:at], text, *later], peer + UNREAD


def _places() -> tuple[Place, ...]:
    found = [
        _place("CLOSED"),
        _place("LISTEN"),
        _place("SYN-SENT"),
        _place("SYN-SENT", stamps=True),
        _place("SYN-RECEIVED"),
        _place("SYN-RECEIVED", stamps=True),
        _place("SYN-RECEIVED", "connect"),
        _place("ESTABLISHED", "simultaneous"),
    ]
    for state in STATES[4:]:
        found += (_place(state), _place(state, "connect"), _place(state, stamps=True))
    for state in ("ESTABLISHED", "FIN-WAIT-1", "CLOSE-WAIT", "LAST-ACK"):
        found.append(_place(state, what="text in flight"))
    for state in ("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"):
        found.append(_place(state, what="text unread"))
    for state in ("ESTABLISHED", "FIN-WAIT-2"):
        found += (_place(state, what="text held"), _place(state, what="FIN held"))
    found.append(_place("ESTABLISHED", what="window closed"))
    for what in ("text in flight", "text held"):
        found.append(_place("ESTABLISHED", what=what, stamps=True))
    return tuple(found)


PLACES: Final = _places()
