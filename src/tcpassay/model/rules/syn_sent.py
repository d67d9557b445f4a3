"""RFC 9293, 3.10.7.3: SYN-SENT: first ACK, second RST, fourth SYN, fifth the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import ACK_DELAY_S, SILENCE, Answer, Branch, acknowledge
from tcpassay.model.rules import fin, text
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.with_syn import kept_or_left, numbered
from tcpassay.model.tcb import MASK, offset
from tcpassay.wire import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


def syn_sent(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Only a SYN goes on; only a RST that acknowledges our SYN ends the attempt."""
    flags = segment.flags
    if flags & ACK and not _acceptable(tcb, segment.ack):
        return (_bad_ack(tcb, segment),)
    if flags & RST:
        return _reset(tcb, segment)
    if flags & SYN:
        if flags & ACK:
            return _synchronized(tcb, segment)
        return kept_or_left(_crossed(tcb, segment), segment)
    acked = flags & ACK and not flags & FIN and not segment.payload
    return (Branch(tcb, SILENCE, f"RFC9293:3.10.7.3-{'ACK-ONLY' if acked else 'FIN'}"),)


def _acceptable(tcb: Tcb, ack: int) -> bool:
    """SND.UNA < SEG.ACK =< SND.NXT."""
    return 0 < offset(ack, tcb.snd_una) <= offset(tcb.snd_nxt, tcb.snd_una)


def _bad_ack(tcb: Tcb, segment: Segment) -> Branch:
    if segment.flags & RST:
        return Branch(tcb, SILENCE, "RFC9293:3.10.7.3-BADACK-RST")
    low = offset(segment.ack, tcb.snd_una) <= 0
    clause = f"RFC9293:3.10.7.3-ACK-{'LOW' if low else 'HIGH'}"
    return Branch(tcb, Answer("rst", (segment.ack,)), clause)


def _reset(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A RST counts when its ACK is acceptable.

    Before the other end's number is known there is no RCV.NXT for RFC 5961's check of SEG.SEQ, so
    it stays with the ACK here.
    """
    if not segment.flags & ACK:
        return (Branch(tcb, SILENCE, "RFC9293:3.10.7.3-RST-NOACK"),)
    gone = tcb._replace(state="CLOSED")
    return (Branch(gone, SILENCE, "RFC9293:3.10.7.3-RST-ACK", event="refused"),)


def _taken(tcb: Tcb, segment: Segment) -> Tcb:
    return numbered(tcb, segment, timestamps(segment) if tcb.ts_offered else None)


def _synchronized(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """SYN,ACK: ESTABLISHED. Its text and FIN are processed, or sent again by the peer."""
    opened = _taken(tcb, segment)._replace(state="ESTABLISHED", snd_una=segment.ack)
    plain = Branch(opened, acknowledge(opened), "RFC9293:3.10.7.3-SYNACK")
    if not segment.payload and not segment.flags & FIN:
        return (plain,)
    rest = segment._replace(seq=(segment.seq + 1) & MASK, flags=segment.flags & ~SYN)
    fin_only = segment.flags & FIN and not segment.payload
    clause = f"RFC9293:3.10.7.3-SYNACK-{'FIN' if fin_only else 'DATA'}"
    branches: list[Branch] = []
    for branch in text.text(opened, rest):
        if branch.final:
            branches.append(branch)
            continue
        for end in fin.fin(branch.tcb, rest):
            answer = acknowledge(end.tcb, within_s=ACK_DELAY_S)
            branches.append(Branch(end.tcb, answer, clause))
    return (*branches, plain._replace(label="optional"))


def _crossed(tcb: Tcb, segment: Segment) -> Branch:
    """A SYN alone: both ends open at once (3.5, figure 8)."""
    opened = _taken(tcb, segment)._replace(state="SYN-RECEIVED", passive=False)
    answer = Answer("syn-ack", (tcb.iss,), (opened.rcv_nxt,))
    return Branch(opened, answer, "RFC9293:3.10.7.3-SYN-ONLY")
