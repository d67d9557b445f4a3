"""How a connection begins: SYNs of either side, and one that takes the place of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle.flow_sent import hold_text
from tcpassay.model.oracle.hypothesis import Hypothesis
from tcpassay.model.oracle.judging import by_segment
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import Tcb
from tcpassay.wire import URG, MaximumSegmentSize, Timestamps, WindowScale

if TYPE_CHECKING:
    from tcpassay.model.oracle.flow import Flow
    from tcpassay.wire import Segment


#: Options of a SYN,ACK that the SYN has to have (RFC 7323, 2.2 and 3.2).
_AGREED = (Timestamps, WindowScale)


def peer_syn(flow: Flow, segment: Segment) -> None:
    """The options of a SYN count once it has opened a connection for sure."""
    flow.syn_heard = segment
    if all(h.tcb.state in {"CLOSED", "SYN-SENT"} or not h.bound for h in flow.hypotheses):
        _take_options(flow, segment)


def stack_syn(flow: Flow, segment: Segment) -> None:
    """The target's SYN or SYN,ACK; the latter is for the SYN that the peer has sent last."""
    syn = flow.syn_heard
    if syn is not None and any(not h.bound for h in flow.hypotheses):
        again = flow.may_repeat(segment)
        unsure = again and _may_answer(segment, syn)
        if not again or (flow.cookies and unsure):
            _take_options(flow, syn)
        elif unsure and not (
            _agrees(flow, segment) and flow.may_repeat(segment, by_the_rules=True)
        ):
            # It goes by the clock (RFC 9293, 3.4.1): two numbers of one moment are the same.
            larger = flow.mss
            _take_options(flow, syn)
            flow.mss = max(flow.mss, larger)
    _offers(flow, segment)


def _agrees(flow: Flow, segment: Segment) -> bool:
    """Whether the SYN whose options count has offered what a SYN,ACK has."""
    return flow.syn_taken is None or _may_answer(segment, flow.syn_taken)


def _may_answer(segment: Segment, syn: Segment) -> bool:
    """Whether a SYN,ACK has no more than a SYN has offered: a cookie is made anew for each SYN, and
    may have the number of the one before (RFC 4987, 3.6).
    """
    offered = {type(option) for option in syn.options}
    return all(type(o) in offered for o in segment.options if isinstance(o, _AGREED))


def opens(flow: Flow, segment: Segment, now: int, n: int) -> None:
    """The target's own SYN, by a connect() of its application."""
    tcb = Tcb(
        "SYN-SENT",
        passive=False,
        iss=segment.seq,
        snd_una=segment.seq,
        snd_nxt=(segment.seq + segment.seg_len) & 0xFFFFFFFF,
        rcv_wnd=segment.window,
        ts_offered=timestamps(segment) is not None,
    )
    _offers(flow, segment)
    for clause in by_segment(segment, stamped=False):
        flow.report.count(clause)
    flow.hypotheses = [Hypothesis(tcb, now)]
    hold_text(flow, tcb, segment, n)
    wrong = flow.headers.wrong(segment, now)
    if wrong is not None:
        flow.refused(wrong, n)
    flow.transmission.leaves(tcb, segment, now)
    stamps = timestamps(segment)
    if stamps is not None:
        flow.transmission.stamps(stamps.tsval, now)


def reborn(flow: Flow, old: Flow) -> None:
    """A SYN has followed another connection of this tuple; what may be true of it goes on here.

    The old one was in TIME-WAIT, or its handshake has been given up.
    """
    flow.hypotheses = [h for h in old.hypotheses if not h.bound]
    flow.listening, flow.heard, syn = old.listening, old.heard, old.syn_heard
    flow.cookies, flow.came = old.cookies, old.came
    if syn is not None:
        _take_options(flow, syn)
        flow.network.hears_syn(syn)
        flow.taken.place(0, syn.payload)
        flow.taken.loose = bool(syn.flags & URG)
    old.hypotheses = [Hypothesis(Tcb("CLOSED"))]
    old.transmission.forget()


def _take_options(flow: Flow, syn: Segment) -> None:
    flow.headers.hears(syn)
    flow.syn_taken = syn
    flow.mss, flow.peer_scale = flow.default_mss, None
    for option in syn.options:
        if isinstance(option, MaximumSegmentSize):
            flow.mss = option.value or flow.default_mss
        elif isinstance(option, WindowScale):
            flow.peer_scale = min(option.shift, 14)


def _offers(flow: Flow, syn: Segment) -> None:
    flow.syn_gone = syn.seq
    flow.stack_scale = None
    for option in syn.options:
        if isinstance(option, WindowScale):
            flow.stack_scale = option.shift
