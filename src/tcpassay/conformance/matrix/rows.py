"""The rows that are run: which edges and ways each state has, and what a row is called."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.matrix.axes import ACK_EDGES, CONTROLS, SEQ_EDGES, Control

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.reach import How, Way
    from tcpassay.model.tcb import State

#: Stands where a state or a segment has no such edge.
NO_EDGE = "-"

OPENINGS: tuple[Way, ...] = ("listen", "connect", "simultaneous")
CLOSINGS: tuple[How, ...] = ("shutdown", "close")

#: States with a connection in which the application has not closed, and in which it has.
OPEN_TO_SEND: tuple[State, ...] = ("ESTABLISHED", "CLOSE-WAIT")
CLOSED_BY_US: tuple[State, ...] = (
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSING",
    "TIME-WAIT",
    "LAST-ACK",
)

#: The ways into each state: how the connection was opened, and how the application closes it.
WAYS: dict[State, tuple[tuple[Way, How], ...]] = {
    "CLOSED": (("listen", "close"),),
    "LISTEN": (("listen", "close"),),
    "SYN-SENT": (("connect", "close"),),
    "SYN-RECEIVED": (("listen", "close"), ("simultaneous", "close")),
    **dict.fromkeys(
        OPEN_TO_SEND,
        (("listen", "close"), ("connect", "close"), ("simultaneous", "close")),
    ),
    **dict.fromkeys(
        CLOSED_BY_US,
        tuple(product(OPENINGS, CLOSINGS)),
    ),
}

#: States in which text of the target's is in flight when the segment arrives.
IN_FLIGHT = frozenset({"ESTABLISHED", "FIN-WAIT-1", "CLOSE-WAIT", "CLOSING", "LAST-ACK"})
#: States without a connection: no window, nothing to acknowledge.
EMPTY = frozenset({"CLOSED", "LISTEN"})
#: States in which all that was sent has been acknowledged.
ALL_ACKED = frozenset({"FIN-WAIT-2", "TIME-WAIT"})


class Row(NamedTuple):
    """One segment in one state."""

    state: State
    control: Control
    seq: str
    ack: str
    way: Way
    how: How

    @property
    def id(self) -> str:
        """The case's id: `matrix/SYN-RECEIVED/RST/seq=rcv.nxt/listen`.

        Edges and way are left out where the state or the segment knows but one.
        """
        parts = ["matrix", self.state, self.control.name]
        if self.seq != NO_EDGE:
            parts.append(f"seq={self.seq}")
        if self.ack != NO_EDGE:
            parts.append(f"ack={self.ack}")
        if len(WAYS[self.state]) > 1:
            parts.append(f"{self.way}-{self.how}" if self.closes else self.way)
        return "/".join(parts)

    @property
    def closes(self) -> bool:
        """Whether the application closes on the way into the state."""
        return any(how == "shutdown" for _, how in WAYS[self.state])


def seq_edges(state: str) -> tuple[str, ...]:
    """The edges of SEG.SEQ in a state; before there is a window, every number is alike."""
    return (NO_EDGE,) if state in EMPTY or state == "SYN-SENT" else tuple(SEQ_EDGES)


def ack_edges(state: str, control: Control) -> tuple[str, ...]:
    """The edges of SEG.ACK in a state that a flag set can show."""
    if state in EMPTY or not control.has_ack:
        return (NO_EDGE,)
    return tuple(
        edge
        for edge in ACK_EDGES
        if not (edge == "in-flight" and state not in IN_FLIGHT)
        and not (edge == "snd.nxt" and state in ALL_ACKED)
    )


def rows(*, full: bool = False) -> Iterator[Row]:
    """Every state x flags x SEQ edge x ACK edge: by one way each, or by every way with `full`.

    The ways take turns so that each meets every flag set, every SEQ edge and every ACK edge.
    """
    for state, ways in WAYS.items():
        for (k, control), (i, seq) in product(enumerate(CONTROLS), enumerate(seq_edges(state))):
            for j, ack in enumerate(ack_edges(state, control)):
                turn = (i + j + k) % len(ways)
                for way, how in ways if full else ways[turn : turn + 1]:
                    yield Row(state, control, seq, ack, way, how)
