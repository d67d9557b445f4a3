"""RFC 9293, 3.10.7.4, fifth: ACK, with the range of RFC 5961, 5.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import ACK_DELAY_S, SILENCE, Answer, Branch, acknowledge
from tcpassay.model.rules.sequence import SHORT
from tcpassay.model.tcb import advance, offset
from tcpassay.wire import ACK, RST

if TYPE_CHECKING:
    from tcpassay.model.tcb import State, Tcb
    from tcpassay.wire import Segment

#: States in which an ACK of what was never sent is answered, as in ESTABLISHED.
_AS_ESTABLISHED = frozenset({"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING"})

#: Where an ACK of our FIN leads.
_FIN_ACKED: dict[State, tuple[State, str]] = {
    "FIN-WAIT-1": ("FIN-WAIT-2", "RFC9293:3.10.7.4-ACK-FW1-FIN"),
    "CLOSING": ("TIME-WAIT", "RFC9293:3.10.7.4-ACK-CLOSING-FIN"),
    "LAST-ACK": ("CLOSED", "RFC9293:3.10.7.4-ACK-LASTACK-FIN"),
}


def ack(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """No ACK bit: dropped. An ACK of what was not sent: acknowledged and dropped."""
    if not segment.flags & ACK:
        return (Branch(tcb, SILENCE, f"RFC9293:3.10.7.4-NOACK-{SHORT[tcb.state]}"),)
    if tcb.state == "SYN-RECEIVED":
        return (_completes(tcb, segment),)
    if tcb.state == "TIME-WAIT":
        # "The only thing that can arrive in this state is a retransmission of the remote FIN."
        answer = acknowledge(tcb, may_fail=True)
        return (Branch(tcb, answer, "RFC9293:3.10.7.4-ACK-TW-ACK", final=False),)
    if offset(segment.ack, tcb.snd_nxt) > 0:
        if offset(segment.ack, tcb.snd_una) < 0:
            # Half the circle away: as old as it is new.
            old = _goes_on(tcb, "RFC9293:3.10.7.4-ACK-OLD")._replace(label="optional")
            return (_of_the_future(tcb), old)
        return (_of_the_future(tcb),)
    if offset(segment.ack, tcb.snd_una) < -tcb.max_snd_wnd:
        # RFC 5961, 5.2 (MAY-12): such an ACK is no mere duplicate; RFC 9293 alone ignores it.
        discarded = Branch(tcb, acknowledge(tcb), "RFC5961:5.2-ACK-RANGE-LOW")
        ignored = _goes_on(tcb, "RFC9293:3.10.7.4-ACK-OLD")
        return (discarded, ignored._replace(label="optional"))
    taken = _acknowledged(tcb, segment)
    if offset(segment.ack, tcb.iss) <= 0:
        # Octets before our SYN were never sent: a stack may tell such an ACK from an old one.
        return (taken, Branch(tcb, acknowledge(tcb), "DRAFT-GHOST-ACKS:1", "optional"))
    return (taken,)


def advanced(tcb: Tcb, segment: Segment) -> Tcb:
    """SND.UNA and the send window after an ACK number that is not of the future."""
    if not 0 <= offset(segment.ack, tcb.snd_una) <= offset(tcb.snd_nxt, tcb.snd_una):
        return tcb
    newer = offset(segment.seq, tcb.snd_wl1)
    if newer > 0 or (newer == 0 and offset(segment.ack, tcb.snd_wl2) >= 0):
        tcb = tcb._replace(
            snd_wnd=segment.window,
            max_snd_wnd=max(tcb.max_snd_wnd, segment.window),
            snd_wl1=segment.seq,
            snd_wl2=segment.ack,
        )
    return tcb if tcb.snd_una == segment.ack else tcb._replace(snd_una=segment.ack)


def _goes_on(tcb: Tcb, clause: str) -> Branch:
    return Branch(tcb, SILENCE, clause, final=False)


def unacceptable(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """3.5.2, group 2: before a connection is synchronized, an ACK of what was never sent draws a
    reset and changes nothing. That has no place among the checks; 3.10.7.4 has it as the fifth.
    """
    if tcb.state != "SYN-RECEIVED" or segment.flags & (ACK | RST) != ACK:
        return ()
    if _opens(tcb, segment.ack):
        return ()
    return (_bad(tcb, segment)._replace(label="optional"),)


def _opens(tcb: Tcb, ack: int) -> bool:
    """SND.UNA < SEG.ACK =< SND.NXT."""
    return 0 < offset(ack, tcb.snd_una) <= offset(tcb.snd_nxt, tcb.snd_una)


def _bad(tcb: Tcb, segment: Segment) -> Branch:
    return Branch(tcb, Answer("rst", (segment.ack,)), "RFC9293:3.10.7.4-ACK-SYNRCVD-BAD")


def _completes(tcb: Tcb, segment: Segment) -> Branch:
    """SYN-RECEIVED: SND.UNA < SEG.ACK =< SND.NXT, or a reset."""
    if not _opens(tcb, segment.ack):
        return _bad(tcb, segment)
    opened = tcb._replace(
        state="FIN-WAIT-1" if tcb.fin_sent else "ESTABLISHED",
        snd_una=segment.ack,
        snd_wnd=segment.window,
        max_snd_wnd=max(tcb.max_snd_wnd, segment.window),
        snd_wl1=segment.seq,
        snd_wl2=segment.ack,
    )
    if opened.acks_our_fin(segment.ack):
        opened = opened._replace(state="FIN-WAIT-2")
    going = _goes_on(opened, "RFC9293:3.10.7.4-ACK-SYNRCVD-OK")
    if not opened.held or opened.held[0][0] != opened.rcv_nxt:
        return going
    # The text of the SYN is taken now.
    opened = advance(opened, 0)
    return going._replace(tcb=opened, answer=acknowledge(opened, within_s=ACK_DELAY_S))


def _of_the_future(tcb: Tcb) -> Branch:
    if tcb.state in _AS_ESTABLISHED:
        clause = f"RFC9293:3.10.7.4-ACK-FUTURE-{SHORT[tcb.state]}"
        return Branch(tcb, acknowledge(tcb), clause)
    # LAST-ACK: the RFC speaks of nothing but the ACK of our FIN.
    return Branch(tcb, acknowledge(tcb, may_fail=True), "RFC9293:3.10.7.4-ACK-LASTACK-OTHER")


def _acknowledged(tcb: Tcb, segment: Segment) -> Branch:
    moved = advanced(tcb, segment)
    if moved.acks_our_fin(segment.ack) and tcb.state in _FIN_ACKED:
        state, clause = _FIN_ACKED[tcb.state]
        return Branch(moved._replace(state=state), SILENCE, clause, final=state == "CLOSED")
    if tcb.state == "CLOSING":
        answer = acknowledge(moved, may_fail=True) if segment.seg_len else SILENCE
        return Branch(moved, answer, "RFC9293:3.10.7.4-ACK-CLOSING-OTHER")
    if tcb.state == "LAST-ACK":
        return _goes_on(moved, "RFC9293:3.10.7.4-ACK-LASTACK-OTHER")
    new = moved.snd_una != tcb.snd_una
    return _goes_on(moved, f"RFC9293:3.10.7.4-ACK-{'NEW' if new else 'OLD'}")
