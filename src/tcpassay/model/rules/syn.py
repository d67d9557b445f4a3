"""RFC 9293, 3.10.7.4, fourth: SYN where a connection is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import SILENCE, Answer, Branch, acknowledge
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.sequence import SHORT, acceptable
from tcpassay.model.tcb import HALF, offset
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


def syn(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Challenged in synchronized states (RFC 5961, 4.2); ends a passive SYN-RECEIVED."""
    if not segment.flags & SYN:
        return (Branch(tcb, SILENCE, "", final=False),)
    if tcb.state == "SYN-RECEIVED":
        return _in_syn_received(tcb, segment)
    clause = f"RFC9293:3.10.7.4-SYN-{SHORT[tcb.state]}"
    challenged = Branch(tcb, acknowledge(tcb), clause)
    if not acceptable(tcb, segment):
        return (challenged,)
    # RFC 793: "If the SYN is in the window it is an error, send a reset."
    answer = Answer("rst", _reset_numbers(tcb, segment))
    old = Branch(tcb._replace(state="CLOSED"), answer, clause, "variant", "RFC 793", event="reset")
    return (challenged, old)


def reopens(tcb: Tcb, segment: Segment) -> bool:
    """Whether a SYN may open a new connection out of TIME-WAIT (MAY-2; RFC 6191, 2).

    Its timestamp has to be newer, or its number above all that the old connection received. A FIN
    beside it makes no difference, as in LISTEN.
    """
    if segment.flags & (SYN | ACK | RST) != SYN or tcb.state != "TIME-WAIT":
        return False
    stamps = timestamps(segment)
    if stamps is not None and (tcb.ts_recent is None or _may_be_newer(stamps.tsval, tcb.ts_recent)):
        return True
    return _may_be_newer(segment.seq, tcb.rcv_nxt)


def _may_be_newer(number: int, than: int) -> bool:
    """Half the circle away a number is as new as it is old."""
    return offset(number, than) > 0 or offset(number, than) == -HALF


def _reset_numbers(tcb: Tcb, segment: Segment) -> tuple[int, ...]:
    return (segment.ack, tcb.snd_nxt) if segment.flags & ACK else (tcb.snd_nxt, 0)


def _in_syn_received(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    if not tcb.passive:
        clause = "RFC9293:3.10.7.4-SYN-SYNRCVD-ACTIVE"
        return (Branch(tcb, acknowledge(tcb), clause),)
    clause = "RFC9293:3.10.7.4-SYN-SYNRCVD-PASSIVE"
    if segment.seq == tcb.irs and not segment.flags & ACK:
        # The SYN again, with a FIN or text that reaches into the window: it may count as no more.
        again = Answer("syn-ack", (tcb.iss,), (tcb.rcv_nxt,))
        repeated: tuple[Branch, ...] = (
            Branch(tcb, again, "RFC9293:3.10.7.4-SEQ-SYNRCVD-DUPSYN", "optional"),
        )
    else:
        repeated = ()
    gone = tcb._replace(state="CLOSED")
    # RFC 793: in SYN-RECEIVED as well, a SYN in the window is an error that draws a reset.
    answer = Answer("rst", _reset_numbers(tcb, segment))
    old = Branch(gone, answer, clause, "variant", "RFC 793")
    # Or as in the synchronized states (RFC 5961, 4.2), to which its reasons apply as well.
    challenged = Branch(tcb, acknowledge(tcb), clause, "optional")
    return (Branch(gone, SILENCE, clause), challenged, *repeated, old)
