"""RFC 9293, 3.10.7.4, seventh: the text of a segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import ACK_DELAY_S, SILENCE, Answer, Branch, acknowledge
from tcpassay.model.ranges import joined
from tcpassay.model.rules.sequence import SHORT
from tcpassay.model.tcb import MASK, RECEIVING, advance, offset
from tcpassay.wire import FIN

if TYPE_CHECKING:
    from tcpassay.model.answers import Label
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


#: Pieces behind holes that any stack has room for.
MANY = 32


def text(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """In order: taken and acknowledged soon. Above a hole: kept, and acknowledged at once."""
    if not segment.payload and not segment.flags & FIN:
        return (Branch(tcb, SILENCE, "", final=False),)
    if tcb.state not in RECEIVING:
        return (_ignored(tcb, segment),)
    if segment.payload and tcb.read == "gone":
        return _nobody_reads(tcb, segment)
    if segment.payload and tcb.read == "shut":
        return (*_read(tcb, segment), _reset(tcb, segment, "POSIX:SHUTDOWN-RD", "optional"))
    return _read(tcb, segment)


def _read(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """What somebody may still read."""
    left = max(0, offset(segment.seq, tcb.rcv_nxt))
    right = min(offset(segment.seq, tcb.rcv_nxt) + len(segment.payload), tcb.rcv_wnd)
    if left > 0:
        return _above_a_hole(tcb, segment, left, right)
    if right <= 0:
        return (Branch(tcb, SILENCE, "", final=False),)
    clause = f"RFC9293:3.10.7.4-TEXT-{SHORT[tcb.state]}"
    wholes = [_taken(after, clause) for after in _advanced(tcb, segment, right)]
    wholes[1:] = [whole._replace(label="optional") for whole in wholes[1:]]
    if offset(segment.seq, tcb.rcv_nxt) + len(segment.payload) <= tcb.rcv_wnd:
        return tuple(wholes)
    trim = "RFC9293:3.10.7.4-SEQ-RIGHT-TRIM"
    return tuple(whole._replace(clause=trim) for whole in wholes)


def _taken(tcb: Tcb, clause: str) -> Branch:
    return Branch(tcb, acknowledge(tcb, within_s=ACK_DELAY_S), clause, final=False)


def _ignored(tcb: Tcb, segment: Segment) -> Branch:
    """After the peer's FIN there is no more text (CLOSE-WAIT and on)."""
    if not segment.payload:
        return Branch(tcb, SILENCE, "", final=False)
    clause = f"RFC9293:3.10.7.4-TEXT-{SHORT[tcb.state]}"
    # Ignored text may be acknowledged: the sender of it is out of step (3.5.2, group 3).
    return Branch(tcb, acknowledge(tcb, may_fail=True), clause, final=False)


def _nobody_reads(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """3.6.1: after close() text is lost; SHLD-3 wants that shown by a reset."""
    kept = (
        branch._replace(clause="RFC9293:MAY-1", label="optional") for branch in _read(tcb, segment)
    )
    return (_reset(tcb, segment, "RFC9293:SHLD-3"), *kept)


def _reset(tcb: Tcb, segment: Segment, clause: str, label: Label = "standard") -> Branch:
    """The text is lost, and the peer told so: as by an abort (3.10.5), or where its ACK is."""
    gone = tcb._replace(state="CLOSED")
    return Branch(gone, Answer("rst", (*tcb.reset_numbers, segment.ack)), clause, label)


def _above_a_hole(tcb: Tcb, segment: Segment, left: int, right: int) -> tuple[Branch, ...]:
    held = tcb.held
    if right > left:
        block = ((tcb.rcv_nxt + left) & MASK, (tcb.rcv_nxt + right) & MASK)
        held = joined(held, block, tcb.rcv_nxt)
    fin = tcb.fin
    end = offset(segment.seq, tcb.rcv_nxt) + len(segment.payload)
    if segment.flags & FIN and end < tcb.rcv_wnd:
        fin = (tcb.rcv_nxt + end) & MASK
    clause = "RFC9293:MAY-13" if not segment.flags & FIN else "RFC9293:3.10.7.4-FIN-OOO"
    kept = Branch(tcb._replace(held=held, fin=fin), acknowledge(tcb), clause, final=False)
    if tcb.fin in (None, fin):
        return (kept,)
    # The peer has sent another FIN, for another place: either may count.
    return (kept, kept._replace(tcb=tcb._replace(held=held), label="optional"))


def _advanced(tcb: Tcb, segment: Segment, right: int) -> tuple[Tcb, ...]:
    """RCV.NXT over `right` octets of text; where a FIN lies before the end of it, or of what is
    held, nobody can tell which of the two the peer has meant.
    """
    whole = advance(tcb, right)
    if len(tcb.held) > MANY and offset(whole.rcv_nxt, tcb.rcv_nxt) > right:
        # SHLD-31 is a SHOULD: of so many pieces a stack may have had no room for this one.
        return (whole, advance(tcb._replace(held=tcb.held[1:]), right))
    ends = [tcb.fin] if tcb.fin is not None else []
    if segment.flags & FIN and tcb.held:
        ends.insert(0, (segment.seq + len(segment.payload)) & MASK)
    if tcb.fin is not None and offset(whole.rcv_nxt, tcb.fin) > 0:
        whole = whole._replace(fin=None)  # Text lies where the FIN was: it was none.
    before = (advance(_cut(tcb, end), min(right, max(0, offset(end, tcb.rcv_nxt)))) for end in ends)
    return tuple(dict.fromkeys((*before, whole))) if ends else (whole,)


def _cut(tcb: Tcb, end: int) -> Tcb:
    """Without what is held behind `end`."""
    held = tuple(
        (left, right if offset(right, end) <= 0 else end)
        for left, right in tcb.held
        if offset(left, end) < 0
    )
    return tcb._replace(held=held)
