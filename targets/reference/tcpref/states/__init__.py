"""One handler a state: what a segment does there, in the order of RFC 9293, 3.10.7.

Handlers are looked up in HANDLERS; CLOSED and LISTEN have no TCB and are called by name.
"""

from __future__ import annotations

from collections.abc import Callable

from tcpref import timestamps
from tcpref.disposition import Disposition
from tcpref.segment import Segment
from tcpref.states import (
    close_wait,
    closed,
    closing,
    established,
    fin_wait_1,
    fin_wait_2,
    last_ack,
    listen,
    syn_received,
    syn_sent,
    time_wait,
)
from tcpref.tcb import State, Tcb

Handler = Callable[[Tcb, Segment, int], Disposition]


def handle(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """Give the segment to the handler of the connection's state, unless PAWS refuses it."""
    if tcb.timestamps:
        refused = timestamps.check(tcb, segment, now)
        if refused is not None:
            return refused
    segment_arrives: Handler = HANDLERS[tcb.state].segment_arrives
    return segment_arrives(tcb, segment, now)


#: The module is kept rather than the function, so that a handler replaced in its module counts.
HANDLERS = {
    State.SYN_SENT: syn_sent,
    State.SYN_RECEIVED: syn_received,
    State.ESTABLISHED: established,
    State.FIN_WAIT_1: fin_wait_1,
    State.FIN_WAIT_2: fin_wait_2,
    State.CLOSE_WAIT: close_wait,
    State.CLOSING: closing,
    State.LAST_ACK: last_ack,
    State.TIME_WAIT: time_wait,
}

__all__ = ["HANDLERS", "closed", "handle", "listen", "time_wait"]
