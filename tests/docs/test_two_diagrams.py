"""The rules of the model and the reference stack's table: the same ways between the states.

They share no line of code; where one has a way that the other has not, the clause is named here.
"""

from __future__ import annotations

from tcpassay.model.edges import Edge, edges
from tcpref.transitions import TRANSITIONS, Transition

Way = tuple[str, str, str, str]

#: What the rules call the events of the stack's table.
NAMES = {
    "connect": "active OPEN",
    "listen": "passive OPEN",
    "close": "CLOSE",
    "abort": "ABORT",
    "2 MSL": "2 MSL time-out",
    "rcv FIN,ACK": "rcv FIN and ACK of SYN",
    "rcv ACK": "rcv ACK of SYN",
    "abandoned": "time-out",
    "R2": "user time-out",
}

#: Ways of the stack alone.
STACK_ALONE: dict[Way, str] = {
    ("TIME-WAIT", "rcv FIN", "ACK", "TIME-WAIT"): "3.10.7.4: 2 MSL start anew, the state stays",
    ("SYN-RECEIVED", "rcv ACK after close", "FIN,ACK", "FIN-WAIT-1"): (
        "3.10.4: the FIN may wait for ESTABLISHED; by the rules these are two steps"
    ),
    ("SYN-RECEIVED", "rcv text", "RST", "CLOSED"): (
        "SHLD-3 after such a CLOSE; by the rules that is FIN-WAIT-1 by its name"
    ),
    ("SYN-SENT", "rcv ICMP unreachable", "", "CLOSED"): "3.9.2.2: no segment of the connection",
    **{
        (state, "keep-alives unanswered", "RST", "CLOSED"): "3.8.4: a user time-out by the rules"
        for state in ("ESTABLISHED", "FIN-WAIT-2", "CLOSE-WAIT")
    },
    **{
        (state, "orphan's probes used up", "RST", "CLOSED"): "RFC 6429, 3: a user time-out as well"
        for state in ("FIN-WAIT-1", "CLOSE-WAIT")
    },
}

#: Ways of the rules alone.
RULES_ALONE: dict[Way, str] = {
    ("LISTEN", "active OPEN", "SYN", "SYN-SENT"): "3.10.1: POSIX has no call for it",
    ("LISTEN", "SEND", "SYN", "SYN-SENT"): "3.10.2: POSIX has no call for it",
    ("LISTEN", "ABORT", "", "CLOSED"): "3.10.5: close() is all that a listener has",
    ("SYN-RECEIVED", "CLOSE", "FIN,ACK", "FIN-WAIT-1"): (
        "3.10.4: the stack lets the FIN wait for ESTABLISHED"
    ),
    ("FIN-WAIT-2", "user time-out", "", "CLOSED"): (
        "3.10.8 has it for any state; the stack has nothing outstanding there"
    ),
}


def plain(edge: Edge) -> Way:
    """A way of the rules, for sockets: a listener has never left LISTEN (3.10.7.4, first)."""
    event = "rcv RST" if edge.event == "rcv RST,ACK" else edge.event
    target = edge.target if (edge.source, edge.target) != ("SYN-RECEIVED", "LISTEN") else "CLOSED"
    return edge.source, event, edge.answer, target


def of_stack(row: Transition) -> Way:
    """A way of the stack's table in the words of the rules."""
    return str(row.state), NAMES.get(row.event, row.event), row.sends, str(row.next)


RULES = {plain(edge) for edge in edges() if edge.variant != "RFC 793"}
STACK = {of_stack(row) for row in TRANSITIONS}


def test_every_way_of_the_stack_is_one_of_the_rules() -> None:
    """The stack's table; what the rules do not have is listed above, with its clause."""
    assert set(STACK_ALONE) == STACK - RULES


def test_every_way_of_the_rules_is_one_of_the_stack() -> None:
    """The edges of the rules; what the stack does not have is listed above, with its clause."""
    assert set(RULES_ALONE) == RULES - STACK


def test_they_have_most_in_common() -> None:
    """Both tables; they agree about fifty ways, and each difference has a reason."""
    assert len(RULES & STACK) >= 50
    assert all(STACK_ALONE.values())
    assert all(RULES_ALONE.values())
