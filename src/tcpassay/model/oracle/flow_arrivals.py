"""What arrives at the target: put to the rules, and what else it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.oracle import flow_begin, flow_due
from tcpassay.model.oracle.flow_spread import only_variants, spreads
from tcpassay.model.oracle.hypothesis import NEVER
from tcpassay.model.oracle.stream import Stream
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import MASK, SYNCHRONIZED, offset
from tcpassay.wire import ACK, FIN, RST, SYN, URG, Sack, Timestamps, UnreadableOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.model.oracle.flow import Flow
    from tcpassay.model.oracle.hypothesis import Hypothesis
    from tcpassay.wire import Segment

#: RFC 7323, 5.5: TS.Recent is outdated when nothing has come for so long.
OUTDATED_NS = 24 * 86_400 * NS_PER_S


def arrives(flow: Flow, segment: Segment, now: int, n: int) -> None:
    """The peer's segment reaches the target."""
    flags = segment.flags
    if segment.seg_len:
        flow.came.append((segment.seq, (segment.seq + segment.seg_len) & MASK))
    if flags & (SYN | RST) == SYN:
        # Out of TIME-WAIT it begins another connection; who reads of the old one has its end.
        waits = any(h.tcb.state == "TIME-WAIT" for h in flow.hypotheses)
        flow.peer_ended = flow.peer_ended or waits
        flow_begin.peer_syn(flow, segment)
    elif flow.peer_scale and flow.stack_scale is not None:
        segment = segment._replace(window=segment.window << flow.peer_scale)
    if now - flow.heard > OUTDATED_NS:
        flow.hypotheses = [_outdated(h, segment) for h in flow.hypotheses]
    flow.heard = now
    if flags & FIN:
        flow.fins.add((segment.seq + bool(flags & SYN) + len(segment.payload)) & 0xFFFFFFFF)
    flow.reset_at = now if flags & RST else -1
    flow.changes(now)
    standing = [h for h in flow.hypotheses if not flow_due.surely_over(flow, h, now)]
    old = (*standing, *flow_due.lapsed(flow, now), *_ahead(flow))
    found: list[Hypothesis] = []
    for reading in _readings(segment):
        spreads(flow, old, reading, now)
        found += flow.hypotheses
    if any(isinstance(option, UnreadableOptions) for option in segment.options):
        found += old  # MUST-7: an illegal length has to be coped with, be it by a drop.
    flow.hypotheses = list(dict.fromkeys(found))
    _heard(flow, segment, now, n)
    only_variants(flow, n)
    if flags & URG:
        flow.taken.loose = True
    if segment.payload and flags & (ACK | SYN):
        _take_text(flow, segment)


def _ahead(flow: Flow) -> list[Hypothesis]:
    """Real time: a delayed ACK may have left by now, and be read later: Last.ACK.sent is open."""
    if not flow.limits.slack:
        return []
    return [
        h._replace(tcb=h.tcb._replace(last_ack=h.tcb.rcv_nxt))
        for h in flow.hypotheses
        if h.tcb.ts_recent is not None and h.ack_by < NEVER and h.tcb.last_ack != h.tcb.rcv_nxt
    ]


def _readings(segment: Segment) -> tuple[Segment, ...]:
    """The segment, or where it has the Timestamps option twice, with either of the two: no document
    says which of them counts.
    """
    stamps = [option for option in segment.options if isinstance(option, Timestamps)]
    if len(stamps) < 2:
        return (segment,)
    rest = tuple(option for option in segment.options if not isinstance(option, Timestamps))
    return tuple(segment._replace(options=(*rest, one)) for one in dict.fromkeys(stamps))


def _outdated(h: Hypothesis, segment: Segment) -> Hypothesis:
    stamps = timestamps(segment)
    if h.tcb.ts_recent is None or stamps is None:
        return h
    return h._replace(tcb=h.tcb._replace(ts_recent=stamps.tsval))


def _heard(flow: Flow, segment: Segment, now: int, n: int) -> None:
    """What a segment means for timers, once it has been put to the rules."""
    hypotheses, transmission = flow.hypotheses, flow.transmission
    tcb = next((h.tcb for h in hypotheses if h.tcb.state != "CLOSED"), hypotheses[0].tcb)
    if not flow.before or tcb != flow.before[0].tcb:
        flow.moved = now
    sure = len(hypotheses) == 1 or all(
        h.tcb.snd_una == tcb.snd_una and h.tcb.state != "CLOSED" for h in hypotheses
    )
    stamps = timestamps(segment) if segment.options else None
    if stamps is not None:
        transmission.echoed(stamps.tsecr, now)
    heard = transmission.hears(tcb, now, sure=sure and not flow.queue_may_be_full)
    for option in segment.options:
        if isinstance(option, Sack):
            transmission.selected(option.blocks)
    if flow.icmp:
        # What it sends is held against no timer: an answer shows by what it acknowledges alone.
        heard = all(tcb.snd_una != h.tcb.snd_una for h in flow.before)
    if heard and tcb.state != "CLOSED" and not _may_be_known(flow, segment):
        flow.retries = 0
    if sure and not tcb.snd_wnd:
        flow_due.wants_probe(flow, now)
    flow.peer_ended = flow.peer_ended or all(h.tcb.fin_taken for h in hypotheses)
    open_ = flow.fast_open or any(h.tcb.state in SYNCHRONIZED for h in hypotheses)
    if (open_ or _may_count_as_third(flow, segment)) and not flow.first_completed:
        flow.first_completed = n
    if not flow.completed and tcb.state in SYNCHRONIZED:
        flow.completed = n
    if not flow.surely_completed and all(h.tcb.state in SYNCHRONIZED for h in hypotheses):
        flow.surely_completed = n
    flow_due.wants_to_send(flow, now)


def _may_count_as_third(flow: Flow, segment: Segment) -> bool:
    """Whether a SYN,ACK may put a half open connection into the accept queue: 3.10.7.4 lets a
    segment be trimmed to the window, and its SYN lies before that.
    """
    if segment.flags & (SYN | ACK | RST) != SYN | ACK:
        return False
    half_open = (h.tcb for h in flow.before if h.bound and h.tcb.state == "SYN-RECEIVED")
    return any(segment.ack == tcb.snd_nxt and segment.seq == tcb.irs for tcb in half_open)


def _may_be_known(flow: Flow, segment: Segment) -> bool:
    """Whether what a segment acknowledges has been so before by one of several hypotheses."""
    open_ = [h.tcb for h in flow.before if h.tcb.state != "CLOSED"]
    return len(open_) > 1 and any(tcb.snd_una == segment.ack for tcb in open_)


def _take_by_each(flow: Flow, segment: Segment, starts: Iterable[int]) -> None:
    """RFC 4987, 3.6: a cookie may hold for this number or for another. What is read tells which."""
    if not flow.taken_from and flow.taken.octets:
        known = {h.tcb.irs for h in flow.before if h.tcb.syn_heard}
        flow.taken_from = {irs: flow.taken.copy() for irs in known}
    flow.taken.loose = True
    for irs in starts:
        at = offset(segment.seq, irs) - 1 + bool(segment.flags & SYN)
        if -len(segment.payload) < at < 1 << 24:
            flow.taken_from.setdefault(irs, Stream()).place(at, segment.payload)


def _take_text(flow: Flow, segment: Segment) -> None:
    """Text of the peer's, in its place; the number of its SYN may be one of several."""
    if any(h.tcb.fin is not None and not h.tcb.fin_taken for h in flow.hypotheses):
        flow.ends_above.append((segment.seq + len(segment.payload)) & 0xFFFFFFFF)
    starts = dict.fromkeys(h.tcb.irs for h in flow.hypotheses if h.tcb.syn_heard)
    if flow.cookies and (flow.taken_from or len(starts) > 1):
        _take_by_each(flow, segment, starts)
        return
    for irs in starts:
        at = offset(segment.seq, irs) - 1 + bool(segment.flags & SYN)
        if -len(segment.payload) < at < 1 << 24:
            flow.taken.place(at, segment.payload)
            return
