"""RFC 9293, 3.10.7.4, first: some of the segment has to lie in the window (table 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import SILENCE, Answer, Branch, acknowledge
from tcpassay.model.rules.paws import recent
from tcpassay.model.tcb import MASK, offset
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


def acceptable(tcb: Tcb, segment: Segment) -> bool:
    """Table 6: whether some of the segment's sequence space lies in the receive window."""
    length, window = segment.seg_len, tcb.rcv_wnd
    at = (segment.seq - tcb.rcv_nxt) & MASK
    if not window:
        return not length and not at
    if at < window:
        return True
    return bool(length) and (at + length - 1) & MASK < window


def sequence(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """An unacceptable segment is acknowledged and dropped; a RST is dropped in silence."""
    if acceptable(tcb, segment):
        fits = Branch(tcb, SILENCE, "", final=False)
        return (fits, _too_long(tcb)) if _reaches_beyond(tcb, segment) else (fits,)
    if segment.flags & RST:
        return (Branch(tcb, SILENCE, "RFC9293:3.10.7.4-SEQ-RST-SILENT"),)
    dropped = Branch(tcb, acknowledge(tcb), _clause(tcb, segment))
    if tcb.state == "SYN-RECEIVED":
        return (dropped, *_in_syn_received(tcb, segment))
    if not tcb.rcv_wnd and segment.seq == tcb.rcv_nxt and segment.flags & ACK:
        # "Special allowance should be made to accept valid ACKs, URGs, and RSTs": the ACK counts,
        # the text does not. Without ACK it goes no further than to the fifth check.
        noted = recent(tcb, segment)[0].tcb
        return (dropped, _only_its_ack(tcb, segment), _only_its_ack(noted, segment))
    return (dropped,)


def _reaches_beyond(tcb: Tcb, segment: Segment) -> bool:
    if not segment.payload or segment.flags & (RST | SYN):
        return False
    return offset(segment.seq, tcb.rcv_nxt) + len(segment.payload) > tcb.rcv_wnd


def _too_long(tcb: Tcb) -> Branch:
    """The text beyond the window is cut off, or all of such a segment dropped, with its ACK.

    "One could tailor actual segments to fit" is all that 3.10.7.4 says of it.
    """
    return Branch(tcb, acknowledge(tcb), "RFC9293:3.10.7.4-SEQ-RIGHT-TRIM", "optional")


def _in_syn_received(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """What else may answer a segment outside the window of a connection that is half open."""
    if repeats_crossed_syn(tcb, segment):
        return crossed(tcb, segment)
    if segment.flags & (SYN | ACK) == SYN and segment.seq == tcb.irs:
        again = Answer("syn-ack", (tcb.iss,), (tcb.rcv_nxt,))
        return (Branch(tcb, again, "RFC9293:3.10.7.4-SEQ-SYNRCVD-DUPSYN", "optional"),)
    return ()


def repeats_crossed_syn(tcb: Tcb, segment: Segment) -> bool:
    """3.5, figure 8: the SYN,ACK that ends a simultaneous open has the number of the SYN again."""
    if tcb.state != "SYN-RECEIVED" or tcb.passive:
        return False
    return segment.flags & (SYN | ACK | RST) == SYN | ACK and segment.seq == tcb.irs


def crossed(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Its SYN lies below the window, its ACK counts; the peer may hear that all is well.

    A FIN that has come with the first SYN is taken with the text before it.
    """
    from tcpassay.model.rules.ack import ack
    from tcpassay.model.rules.fin import fin

    rest = segment._replace(seq=tcb.rcv_nxt, flags=segment.flags & ~SYN)
    found: list[Branch] = []
    for stamped in recent(tcb, segment):
        for branch in ack(stamped.tcb, rest):
            if not branch.final and branch.tcb.fin == branch.tcb.rcv_nxt:
                found += fin(branch.tcb, rest)
            elif branch.answer.kind == "silence":
                answer = acknowledge(branch.tcb, may_fail=True)
                found.append(branch._replace(answer=answer, final=True))
            else:
                found.append(branch)
    return tuple(found)


def _only_its_ack(tcb: Tcb, segment: Segment) -> Branch:
    from tcpassay.model.rules.ack import advanced

    clause = "RFC9293:3.10.7.4-SEQ-ZEROWND-VALIDACK"
    return Branch(advanced(tcb, segment), acknowledge(tcb), clause)


def _clause(tcb: Tcb, segment: Segment) -> str:
    if tcb.state == "SYN-RECEIVED" and segment.flags & SYN and segment.seq == tcb.irs:
        return "RFC9293:3.10.7.4-SEQ-SYNRCVD-DUPSYN"
    if not tcb.rcv_wnd and segment.payload and segment.seq == tcb.rcv_nxt:
        return "RFC9293:3.10.7.4-SEQ-ZEROWND-DATA"
    return f"RFC9293:3.10.7.4-SEQ-{SHORT[tcb.state]}"


#: How the catalogue shortens the states in the ids of section 3.10.7.4.
SHORT = {
    "SYN-RECEIVED": "SYN-RCVD",
    "ESTABLISHED": "ESTAB",
    "FIN-WAIT-1": "FW1",
    "FIN-WAIT-2": "FW2",
    "CLOSE-WAIT": "CW",
    "CLOSING": "CLOSING",
    "LAST-ACK": "LAST-ACK",
    "TIME-WAIT": "TW",
}
