"""SEGMENT ARRIVES in SYN-RECEIVED (RFC 9293, 3.10.7.4)."""

from __future__ import annotations

from tcpref import ecn, seq, timestamps, uto
from tcpref.disposition import (
    ABORT,
    ACKNOWLEDGE,
    CHALLENGE,
    CLOSE_QUIETLY,
    CONNECTION_RESET,
    DROP,
    REFUSED,
    RESET,
    Answer,
    Disposition,
)
from tcpref.segment import ACK, RST, SYN, Segment
from tcpref.states import steps
from tcpref.tcb import State, Tcb

#: The peer believes itself connected and is told that it is not.
OVERFLOW = Disposition(Answer.RESET, State.CLOSED)


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """The third segment of the handshake, or what comes in its place."""
    # First, check the sequence number.
    if repeats_syn(tcb, segment):
        if tcb.ecn is not None:
            ecn.syn_arrives(tcb, segment)
        crossed = segment.flags & ACK and not tcb.passive
        return finish_crossed(tcb, segment, now) if crossed else CHALLENGE
    refused = (
        steps.check_sequence(tcb, segment)
        # Second, check the RST bit.
        or steps.check_rst(tcb, segment, reset_of(tcb))
        # Fourth, check the SYN bit.
        or check_syn(tcb, segment)
    )
    return refused if refused is not None else finish(tcb, segment, now)


def repeats_syn(tcb: Tcb, segment: Segment) -> bool:
    """The SYN that we know, again: it lies left of the window, whatever text follows it."""
    return segment.flags & (SYN | RST) == SYN and segment.seq == tcb.irs


def finish_crossed(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """The peer's SYN,ACK in a simultaneous open.

    Its SYN is cut off and the rest counts (RFC 9293, A.2 tells why a strict sequence check would
    lose the ACK in it). It is acknowledged, as the peer may still wait for that.
    """
    cut = segment._replace(
        seq=tcb.rcv_nxt, flags=segment.flags & ~SYN, urgent=max(0, segment.urgent - 1)
    )
    finished = finish(tcb, cut, now, window=segment)
    opened = finished.enter not in {None, State.CLOSED}
    return finished._replace(answer=Answer.ACK) if opened else finished


def reset_of(tcb: Tcb) -> Disposition:
    """A passive open returns to LISTEN, an active one is refused; with fast open there may be an
    application that has to be told.
    """
    if tcb.opened_early:
        return CONNECTION_RESET
    return CLOSE_QUIETLY if tcb.passive else REFUSED


def check_syn(tcb: Tcb, segment: Segment) -> Disposition | None:
    """A passive open returns to LISTEN; an active one challenges the SYN (RFC 5961, 4.2), and so
    does one that the application has already.
    """
    if not segment.flags & SYN:
        return None
    return CLOSE_QUIETLY if tcb.passive and not tcb.opened_early else CHALLENGE


def finish(tcb: Tcb, segment: Segment, now: int, *, window: Segment | None = None) -> Disposition:
    """Fifth to eighth check: an ACK of our SYN opens the connection.

    `window` is the segment as it came, where its SYN has been cut off.
    """
    if not segment.flags & ACK:
        return DROP
    if not acknowledges_our_syn(tcb, segment):
        return RESET
    if not may_complete(tcb):
        return OVERFLOW if tcb.settings.abort_on_overflow else DROP
    if tcb.timestamps:
        timestamps.remember(tcb, segment, now)
    if tcb.uto is not None:
        uto.heard(tcb, tcb.uto, segment)
    steps.acknowledge(tcb, segment, now)
    steps.set_send_window(tcb, window or segment)
    held = bool(tcb.reassembly) or tcb.fin_seq is not None
    if held:
        steps.deliver(tcb, tcb.reassembly.take(tcb.rcv_nxt))
    steps.check_urgent(tcb, segment)
    answer = steps.process_text(tcb, segment)
    if tcb.app_gone and tcb.received:
        return ABORT
    if steps.take_fin(tcb):
        return ACKNOWLEDGE._replace(enter=State.CLOSE_WAIT)
    return Disposition(Answer.ACK if held else answer, State.ESTABLISHED)


def may_complete(tcb: Tcb) -> bool:
    """Whether the accept queue has room, or holds the connection already."""
    return tcb.listener is None or tcb.opened_early or tcb.listener.admits_connection()


def acknowledges_our_syn(tcb: Tcb, segment: Segment) -> bool:
    """SND.UNA < SEG.ACK =< SND.NXT."""
    return 0 < seq.distance(segment.ack, tcb.snd_una) <= tcb.flight
