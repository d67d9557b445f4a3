"""The arrows of the state diagram: RFC 9293, figure 5, and what the figure leaves out."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.edges import Edge, edges
from tcpassay.model.rules import segment_arrives
from tcpassay.model.tcb import State
from tcpassay.model.walk import WINDOW, Step, state_of, walk
from tcpassay.wire import ACK, FIN, RST, SYN, Segment

#: Figure 5 with notes 1 and 2, arrow by arrow: state, what happens, what is sent, next state.
FIGURE_5 = [
    ("CLOSED", "passive OPEN", "", "LISTEN"),
    ("CLOSED", "active OPEN", "SYN", "SYN-SENT"),
    ("LISTEN", "CLOSE", "", "CLOSED"),
    ("LISTEN", "SEND", "SYN", "SYN-SENT"),
    ("LISTEN", "rcv SYN", "SYN,ACK", "SYN-RECEIVED"),
    ("SYN-SENT", "CLOSE", "", "CLOSED"),
    ("SYN-SENT", "rcv SYN", "SYN,ACK", "SYN-RECEIVED"),
    ("SYN-SENT", "rcv SYN,ACK", "ACK", "ESTABLISHED"),
    ("SYN-RECEIVED", "rcv RST", "", "LISTEN"),
    ("SYN-RECEIVED", "rcv ACK of SYN", "", "ESTABLISHED"),
    ("SYN-RECEIVED", "CLOSE", "FIN,ACK", "FIN-WAIT-1"),
    ("ESTABLISHED", "CLOSE", "FIN,ACK", "FIN-WAIT-1"),
    ("ESTABLISHED", "rcv FIN", "ACK", "CLOSE-WAIT"),
    ("FIN-WAIT-1", "rcv ACK of FIN", "", "FIN-WAIT-2"),
    ("FIN-WAIT-1", "rcv FIN", "ACK", "CLOSING"),
    ("FIN-WAIT-1", "rcv FIN and ACK of FIN", "ACK", "TIME-WAIT"),
    ("FIN-WAIT-2", "rcv FIN", "ACK", "TIME-WAIT"),
    ("CLOSING", "rcv ACK of FIN", "", "TIME-WAIT"),
    ("CLOSE-WAIT", "CLOSE", "FIN,ACK", "LAST-ACK"),
    ("LAST-ACK", "rcv ACK of FIN", "", "CLOSED"),
    ("TIME-WAIT", "2 MSL time-out", "", "CLOSED"),
]
#: What the figure does not have, and the clause that does.
BEYOND = {
    ("LISTEN", "active OPEN", "SYN", "SYN-SENT"): "3.10.1",
    ("SYN-SENT", "rcv RST,ACK", "", "CLOSED"): "3.10.7.3",
    ("SYN-SENT", "rcv SYN,FIN,ACK", "ACK", "CLOSE-WAIT"): "3.10.7.3, other controls",
    ("SYN-RECEIVED", "rcv FIN and ACK of SYN", "ACK", "CLOSE-WAIT"): "3.10.7.4, eighth",
    ("SYN-RECEIVED", "rcv SYN", "", "LISTEN"): "3.10.7.4, fourth",
    ("TIME-WAIT", "rcv SYN", "SYN,ACK", "SYN-RECEIVED"): "MAY-2",
    ("FIN-WAIT-1", "rcv text", "RST", "CLOSED"): "SHLD-3",
    ("FIN-WAIT-2", "rcv text", "RST", "CLOSED"): "SHLD-3",
}
#: States in which 3.10.5 has a reset for ABORT.
RESETTABLE = ("SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT")
STATES: tuple[State, ...] = get_args(State)


def key(edge: Edge) -> tuple[str, str, str, str]:
    """An edge as the tables above have it."""
    return edge.source, edge.event, edge.answer, edge.target


PLAIN = {key(edge) for edge in edges() if edge.label != "variant"}


@pytest.mark.parametrize("arrow", FIGURE_5, ids=lambda a: f"{a[0]}, {a[1]}")
def test_figure_5(arrow: tuple[str, str, str, str]) -> None:
    """An arrow of the figure; the rules have it."""
    assert arrow in PLAIN


def test_nothing_else_but_resets_aborts_and_time_outs() -> None:
    """What the figure leaves "for legibility" (note 3), and a few clauses; nothing beyond."""
    ends = {
        *((state, "rcv RST", "", "CLOSED") for state in STATES[2:10]),
        *((state, "user time-out", "", "CLOSED") for state in STATES[1:9]),
        *((state, "ABORT", "RST", "CLOSED") for state in RESETTABLE),
        *((state, "ABORT", "", "CLOSED") for state in STATES[:10] if state not in RESETTABLE),
    }
    assert set(FIGURE_5) | set(BEYOND) | ends == PLAIN


def test_variants_are_those_of_older_documents() -> None:
    """RFC 793's resets in every synchronized state and SYN-RECEIVED, tcp(7)'s FIN-WAIT-2."""
    variants = [edge for edge in edges() if edge.label == "variant"]
    assert {edge.variant for edge in variants} == {"RFC 793", "tcp(7)"}
    assert all(not edge.variant for edge in edges() if edge.label != "variant")
    for state in STATES[2:10]:
        old = {edge.event for edge in variants if edge.source == state and edge.answer == "RST"}
        assert old == {"rcv SYN"}
        assert "rcv RST" in {edge.event for edge in variants if edge.source == state}


def test_who_alone_goes_a_way() -> None:
    """Note 1 of the figure: back to LISTEN only after a passive OPEN; RFC 5961: only at RCV.NXT."""
    by = {key(edge): edge for edge in edges() if edge.label == "standard"}
    assert by["SYN-RECEIVED", "rcv RST", "", "LISTEN"].only == "after a passive OPEN, at RCV.NXT"
    assert by["SYN-RECEIVED", "rcv RST", "", "CLOSED"].only == "after an active OPEN, at RCV.NXT"
    assert by["ESTABLISHED", "rcv RST", "", "CLOSED"].only == "at RCV.NXT"
    assert by["FIN-WAIT-1", "rcv text", "RST", "CLOSED"].only == "nobody reads any more"
    assert not by["ESTABLISHED", "rcv FIN", "ACK", "CLOSE-WAIT"].only


def test_clauses_are_in_the_catalogue() -> None:
    """Every clause of every arrow; the catalogue has it, and no arrow is without one."""
    catalogue = load_catalogue()
    for edge in edges():
        assert edge.clauses
        assert all(catalogue.get(clause).id == clause for clause in edge.clauses)


def test_one_arrow_for_one_thing() -> None:
    """The edges; no two say the same, and each changes the state."""
    assert len({(*key(edge), edge.variant, edge.only) for edge in edges()}) == len(edges())
    assert all(edge.source != edge.target for edge in edges())


def test_walk_leaves_no_flag_set_out() -> None:
    """The walk; every set of flags, with text and without, comes to ESTABLISHED."""
    there = [step.before for step in walk() if step.before.state == "ESTABLISHED"]
    arrows = {(e.source, e.target) for e in edges()}
    for tcb, some, text in product(
        dict.fromkeys(there), product((0, SYN), (0, FIN), (0, RST), (0, ACK)), (b"", b"text")
    ):
        segment = Segment(0, 0, tcb.rcv_nxt, tcb.snd_una, sum(some), WINDOW, payload=text)
        for branch in segment_arrives(tcb, segment):
            after = state_of(Step(tcb, frozenset(), "rcv.nxt", branch))
            assert after == "ESTABLISHED" or ("ESTABLISHED", after) in arrows


def test_all_states_are_reached_and_left() -> None:
    """The walk begins in CLOSED; it comes to every state, and out of each again."""
    assert {edge.source for edge in edges()} == {edge.target for edge in edges()} == set(STATES)
