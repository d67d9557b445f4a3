"""The rows: the full product, what is equal to what, what cannot be, and what is run."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.matrix.axes import ACK_EDGES, CONTROLS, SEQ_EDGES, Control

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.reach import How, Way

NO_EDGE = "-"

#: The ways into each state: how the connection was opened, and how the application closes it.
WAYS: dict[str, tuple[tuple[Way, How], ...]] = {
    "CLOSED": (("listen", "close"),),
    "LISTEN": (("listen", "close"),),
    "SYN-SENT": (("connect", "close"),),
    "SYN-RECEIVED": (("listen", "close"), ("simultaneous", "close")),
    **dict.fromkeys(
        ("ESTABLISHED", "CLOSE-WAIT"),
        (("listen", "close"), ("connect", "close"), ("simultaneous", "close")),
    ),
    **dict.fromkeys(
        ("FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "TIME-WAIT", "LAST-ACK"),
        tuple(product(("listen", "connect", "simultaneous"), ("shutdown", "close"))),
    ),
}

#: States in which text of the target's is in flight when the segment arrives.
IN_FLIGHT = frozenset({"ESTABLISHED", "FIN-WAIT-1", "CLOSE-WAIT", "CLOSING", "LAST-ACK"})
#: States without a connection: no window, nothing to acknowledge.
EMPTY = frozenset({"CLOSED", "LISTEN"})


class Row(NamedTuple):
    """One segment in one state."""

    state: str
    control: Control
    seq: str
    ack: str
    way: Way
    how: How

    @property
    def id(self) -> str:
        """The case's id, below "matrix/": `RST/seq=rcv.nxt`, with the way where there are some."""
        parts = [self.state, self.control.name]
        if self.seq != NO_EDGE:
            parts.append(f"seq={self.seq}")
        if self.ack != NO_EDGE:
            parts.append(f"ack={self.ack}")
        if len(WAYS[self.state]) > 1:
            parts.append(f"{self.way}-{self.how}" if self.closes else self.way)
        return "matrix/" + "/".join(parts)

    @property
    def closes(self) -> bool:
        """Whether the application closes on the way into the state."""
        return any(how == "shutdown" for _, how in WAYS[self.state])


def why_not(state: str, control: Control, seq: str, ack: str) -> str:
    """Why a combination is not a row of its own: equal to another, or impossible; else empty."""
    if (seq == NO_EDGE) != (state in EMPTY or state == "SYN-SENT"):
        return "merged: no receive window yet, so SEG.SEQ has no edges (3.10.7.1 to 3.10.7.3)"
    if (ack == NO_EDGE) != (state in EMPTY or not control.has_ack):
        return "merged: SEG.ACK does not count without the ACK bit, or without a connection"
    if ack == "in-flight" and state not in IN_FLIGHT:
        return "impossible: fewer than two numbers are in flight in this state"
    if ack == "snd.nxt" and state in {"FIN-WAIT-2", "TIME-WAIT"}:
        return "merged with snd.una: all is acknowledged in this state"
    return ""


def rows(*, full: bool = False) -> Iterator[Row]:
    """The rows of a run: each state x flags x edges, by one way each in turn, or by every way."""
    for state, ways in WAYS.items():
        turn = 0
        for control, seq, ack in product(CONTROLS, (NO_EDGE, *SEQ_EDGES), (NO_EDGE, *ACK_EDGES)):
            if why_not(state, control, seq, ack):
                continue
            for way, how in ways if full else (ways[turn % len(ways)],):
                yield Row(state, control, seq, ack, way, how)
            turn += 1
