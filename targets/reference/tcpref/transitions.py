"""The eleven states and every way between them (RFC 9293, figure 5 and section 3.10).

A connection is born in CLOSED and ends there. It opens by the three-way handshake (or by two SYNs
that cross), carries text in ESTABLISHED, and closes each direction on its own: the side whose
application closes first goes through FIN-WAIT-1, the other through CLOSE-WAIT; closing at the
same moment leads through CLOSING. Whoever sends the last ACK stays in TIME-WAIT for 2 MSL.

An event is a segment that arrives ("rcv ..."), a call of the application or a time-out. Where a
segment completes several things at once, the row names the state at its end: an ACK of our FIN
that carries the peer's FIN leads from FIN-WAIT-1 to TIME-WAIT. A row to CLOSED deletes the TCB.

The handlers do not read this table. Tests hold that each of their transitions is a row here and
that each row happens by the event that it names; the diagrams in docs/ are drawn from it.
"""

from __future__ import annotations

from typing import NamedTuple

from tcpref import user
from tcpref.tcb import State


class Transition(NamedTuple):
    """One arrow of the state diagram.

    `sends` are the control bits of the segment that goes with it, "" for none (retransmissions and
    probes on the way to a time-out aside).
    """

    state: State
    event: str
    next: State
    clause: str
    sends: str = ""


def _rows(clause: str, event: str, to: State, *states: State, sends: str = "") -> list[Transition]:
    return [Transition(state, event, to, clause, sends) for state in states]


OPENING = [
    Transition(State.CLOSED, "connect", State.SYN_SENT, "3.10.1", "SYN"),
    Transition(State.CLOSED, "listen", State.LISTEN, "3.10.1"),
    Transition(State.LISTEN, "close", State.CLOSED, "3.10.4"),
    Transition(State.LISTEN, "rcv SYN", State.SYN_RECEIVED, "3.10.7.2", "SYN,ACK"),
    Transition(State.SYN_SENT, "rcv SYN", State.SYN_RECEIVED, "3.10.7.3", "SYN,ACK"),
    Transition(State.SYN_SENT, "rcv SYN,ACK", State.ESTABLISHED, "3.10.7.3", "ACK"),
    Transition(State.SYN_SENT, "rcv SYN,FIN,ACK", State.CLOSE_WAIT, "3.10.7.3", "ACK"),
    Transition(State.SYN_RECEIVED, "rcv ACK", State.ESTABLISHED, "3.10.7.4"),
    Transition(State.SYN_RECEIVED, "rcv ACK after close", State.FIN_WAIT_1, "3.10.4", "FIN,ACK"),
    Transition(State.SYN_RECEIVED, "rcv FIN,ACK", State.CLOSE_WAIT, "3.10.7.4", "ACK"),
    Transition(State.SYN_RECEIVED, "rcv SYN", State.CLOSED, "3.10.7.4, passive open"),
]

CLOSING = [
    Transition(State.SYN_SENT, "close", State.CLOSED, "3.10.4"),
    Transition(State.ESTABLISHED, "close", State.FIN_WAIT_1, "3.10.4", "FIN,ACK"),
    Transition(State.ESTABLISHED, "rcv FIN", State.CLOSE_WAIT, "3.10.7.4", "ACK"),
    Transition(State.FIN_WAIT_1, "rcv ACK of FIN", State.FIN_WAIT_2, "3.10.7.4"),
    Transition(State.FIN_WAIT_1, "rcv FIN", State.CLOSING, "3.10.7.4", "ACK"),
    Transition(State.FIN_WAIT_1, "rcv FIN and ACK of FIN", State.TIME_WAIT, "3.10.7.4", "ACK"),
    Transition(State.FIN_WAIT_2, "rcv FIN", State.TIME_WAIT, "3.10.7.4", "ACK"),
    Transition(State.CLOSE_WAIT, "close", State.LAST_ACK, "3.10.4", "FIN,ACK"),
    Transition(State.CLOSING, "rcv ACK of FIN", State.TIME_WAIT, "3.10.7.4"),
    Transition(State.LAST_ACK, "rcv ACK of FIN", State.CLOSED, "3.10.7.4"),
    Transition(State.TIME_WAIT, "rcv FIN", State.TIME_WAIT, "3.10.7.4, starts 2 MSL anew", "ACK"),
    Transition(State.TIME_WAIT, "2 MSL", State.CLOSED, "3.10.8"),
    Transition(
        State.TIME_WAIT, "rcv SYN", State.SYN_RECEIVED, "3.6.1, MAY-2, by a listener", "SYN,ACK"
    ),
    Transition(State.FIN_WAIT_2, "abandoned", State.CLOSED, "setting fin_wait_2_s"),
]

#: States with a TCB.
CONNECTED = tuple(state for state in State if state not in (State.CLOSED, State.LISTEN))
#: States in which text, a SYN or a FIN of ours may be outstanding.
OUTSTANDING = tuple(
    state for state in CONNECTED if state not in (State.FIN_WAIT_2, State.TIME_WAIT)
)
#: States in which a connection may be idle for long.
IDLE = (State.ESTABLISHED, State.FIN_WAIT_2, State.CLOSE_WAIT)
#: States in which text may wait for a window after its application has gone.
ORPHANS = (State.FIN_WAIT_1, State.CLOSE_WAIT)
#: States in which ABORT sends a reset, and those in which there is nothing to tell the peer.
RESETTABLE = tuple(state for state in State if state in user.RESETTABLE)
UNTOLD = tuple(state for state in CONNECTED if state not in RESETTABLE)
#: States in which text may come that nobody will read any more.
ABANDONED = (State.SYN_RECEIVED, State.FIN_WAIT_1, State.FIN_WAIT_2)

ENDING = [
    *_rows("3.10.7.3 and 3.10.7.4", "rcv RST", State.CLOSED, *CONNECTED),
    *_rows("3.10.8", "R2", State.CLOSED, *OUTSTANDING),
    *_rows("3.8.3 and 3.10.8", "user time-out", State.CLOSED, *OUTSTANDING),
    *_rows("3.8.4", "keep-alives unanswered", State.CLOSED, *IDLE, sends="RST"),
    *_rows("RFC 6429, 3", "orphan's probes used up", State.CLOSED, *ORPHANS, sends="RST"),
    *_rows("3.10.5", "abort", State.CLOSED, *RESETTABLE, sends="RST"),
    *_rows("3.10.5", "abort", State.CLOSED, *UNTOLD),
    *_rows("3.6.1, SHLD-3", "rcv text", State.CLOSED, *ABANDONED, sends="RST"),
    *_rows("3.9.2.2", "rcv ICMP unreachable", State.CLOSED, State.SYN_SENT),
]

TRANSITIONS = (*OPENING, *CLOSING, *ENDING)
