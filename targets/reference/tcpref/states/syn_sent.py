"""SEGMENT ARRIVES in SYN-SENT (RFC 9293, 3.10.7.3)."""

from __future__ import annotations

from tcpref import ecn, fastopen, seq, uto
from tcpref.disposition import ACKNOWLEDGE, DROP, REFUSED, RESET, Answer, Disposition
from tcpref.segment import ACK, RST, SYN, Segment
from tcpref.states import steps
from tcpref.tcb import State, Tcb

CROSSED_SYN = Disposition(Answer.SYN_ACK, State.SYN_RECEIVED)
OPENED = ACKNOWLEDGE._replace(enter=State.ESTABLISHED)
OPENED_AND_ENDED = ACKNOWLEDGE._replace(enter=State.CLOSE_WAIT)


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """The answer to our SYN, a SYN that crossed it, or something old."""
    # First, check the ACK bit.
    if segment.flags & ACK and not acknowledges_our_syn(tcb, segment):
        return DROP if segment.flags & RST else RESET
    # Second, check the RST bit. Without an ACK it cannot be told from a blind guess.
    if segment.flags & RST:
        return REFUSED if segment.flags & ACK else DROP
    # Fourth, check the SYN bit. (Third is security.)
    if segment.flags & SYN:
        return synchronize(tcb, segment, now)
    # Fifth, neither SYN nor RST: drop.
    return DROP


def acknowledges_our_syn(tcb: Tcb, segment: Segment) -> bool:
    """ISS < SEG.ACK =< SND.NXT."""
    return 0 < seq.distance(segment.ack, tcb.iss) <= seq.distance(tcb.snd_nxt, tcb.iss)


def synchronize(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """Take the peer's numbers; with an ACK the connection is open, without one SYNs crossed."""
    tcb.synchronize(segment.seq)
    if tcb.ecn is not None:
        ecn.syn_arrives(tcb, segment)
    if tcb.uto is not None:
        uto.heard(tcb, tcb.uto, segment)
    tcb.negotiate(segment.options, now)
    tcb.take_mss(segment.options.mss)
    steps.set_send_window(tcb, segment)
    steps.check_urgent(tcb, segment)
    if not segment.flags & ACK:
        steps.hold_text(tcb, segment)
        return CROSSED_SYN
    fastopen.answered(tcb, segment)
    steps.acknowledge(tcb, segment, now)
    steps.process_text(tcb, segment)
    return OPENED_AND_ENDED if steps.take_fin(tcb) else OPENED
