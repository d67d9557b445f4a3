"""RFC 9293, 3.10.7.4, eighth: FIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import ACK_DELAY_S, SILENCE, Branch, acknowledge
from tcpassay.model.rules.sequence import SHORT
from tcpassay.model.tcb import MASK, offset
from tcpassay.wire import FIN

if TYPE_CHECKING:
    from tcpassay.model.tcb import State, Tcb
    from tcpassay.wire import Segment

#: Where the peer's FIN leads, and by which rule.
_NEXT: dict[State, tuple[State, str]] = {
    "SYN-RECEIVED": ("CLOSE-WAIT", "RFC9293:3.10.7.4-FIN-SYNRCVD"),
    "ESTABLISHED": ("CLOSE-WAIT", "RFC9293:3.10.7.4-FIN-ESTAB"),
    "FIN-WAIT-1": ("CLOSING", "RFC9293:3.10.7.4-FIN-FW1-UNACKED"),
    "FIN-WAIT-2": ("TIME-WAIT", "RFC9293:3.10.7.4-FIN-FW2"),
}


def fin(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """RCV.NXT over the FIN, and an acknowledgement of it; a FIN above a hole waits (FIN-OOO)."""
    at = (segment.seq + len(segment.payload)) & MASK if segment.flags & FIN else tcb.fin
    if at != tcb.rcv_nxt and tcb.fin == tcb.rcv_nxt:
        at = tcb.fin  # An earlier FIN, behind text that has come now.
    if at is None:
        return (Branch(tcb, SILENCE, ""),)
    if tcb.state not in _NEXT:
        return (_again(tcb, segment),)
    if at != tcb.rcv_nxt or not tcb.rcv_wnd:
        return (Branch(tcb, SILENCE, ""),)
    state, clause = _NEXT[tcb.state]
    ended = tcb._replace(
        state=state, rcv_nxt=(at + 1) & MASK, rcv_wnd=tcb.rcv_wnd - 1, fin=at, held=()
    )
    if segment.payload and state == "CLOSE-WAIT":
        clause = "RFC9293:3.10.7.4-FIN-ESTAB-DATA"
    taken = Branch(ended, acknowledge(ended, within_s=ACK_DELAY_S), clause)
    if tcb.fin is None or tcb.fin == at:
        return (taken,)
    # The peer has sent another FIN, for another place: either may count.
    answer = acknowledge(tcb, may_fail=True)
    return (taken, Branch(tcb, answer, "RFC9293:3.10.7.4-FIN-OOO", "optional"))


def _again(tcb: Tcb, segment: Segment) -> Branch:
    """A FIN behind the first: it changes nothing, and TIME-WAIT starts anew.

    One that repeats the first, or lies before it, is acknowledged.
    """
    if not segment.flags & FIN:
        return Branch(tcb, SILENCE, "")
    optional = offset(segment.seq, tcb.rcv_nxt) + len(segment.payload) >= 0
    answer = acknowledge(tcb, may_fail=optional)
    return Branch(tcb, answer, f"RFC9293:3.10.7.4-FIN-{SHORT[tcb.state]}")
