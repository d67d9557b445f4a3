"""How hypotheses spread: one for each answer that the rules leave open, and how few are kept."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tcpassay.model.answers import Answer
from tcpassay.model.oracle.departures import (
    HALF_OPEN,
    WITHOUT_STAMPS,
    delayed_syn_ack,
    departures,
    more_behind_fin,
    neighbours,
    no_room,
    without_stamps,
)
from tcpassay.model.oracle.flow_calls import closed_before
from tcpassay.model.oracle.hypothesis import NEVER, Hypothesis, after_arrival
from tcpassay.model.oracle.other_departures import other_departures
from tcpassay.model.oracle.report import Violation
from tcpassay.model.rules import segment_arrives
from tcpassay.model.rules.fast_open import with_cookie
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.sequence import acceptable
from tcpassay.model.tcb import MASK, SYNCHRONIZED, Tcb, offset
from tcpassay.wire import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.model.answers import Branch
    from tcpassay.model.oracle.flow import Flow
    from tcpassay.wire import Segment

    #: Clause and name of each step past the rules.
    Way = tuple[tuple[str, str], ...]

#: Hypotheses kept at most. A flow that had more is left where none of those kept is left; the
#: report's peak shows it.
MOST = 64

#: Ways past the rules behind which nobody can tell what the connection is.
_UNTOLD = (HALF_OPEN, WITHOUT_STAMPS)
#: The rules that answer by a challenge ACK.
CHALLENGED = ("RFC5961:", "RFC9293:3.10.7.4-SYN-")
#: Those that answer an unacceptable segment: where it has no text, two that answer each other need
#: a limit too.
UNACCEPTABLE = ("RFC9293:3.10.7.4-SEQ-", "RFC7323:5.3-R1")
#: What a throttle of the target's own may be for besides.
_REFUSED = "RFC9293:3.10.7.4-ACK-FUTURE-"


def spreads(flow: Flow, old: Iterable[Hypothesis], segment: Segment, now: int) -> None:
    """All that may be true after a segment of the peer's, if one of `old` was before it."""
    out: dict[Hypothesis, None] = {}
    known: dict[Tcb, list[Branch]] = {}
    for h in old:
        for new in _one_arrival(flow, h, segment, now, known):
            out[new] = None
    kept = _without_needless(out)
    flow.report.peak = max(flow.report.peak, len(kept))
    if len(kept) > MOST:
        flow.cut, kept = True, _some_of_each(kept)
    flow.hypotheses = kept


def only_variants(flow: Flow, n: int) -> None:
    """Say so once no hypothesis is left that keeps to the rules without a variant.

    What may be a document's way or the target's own is told as the latter: it is the narrower. Of
    the shortest way each step past the rules is told, beside what else it may have been.
    """
    if not all(h.variants for h in flow.hypotheses):
        return
    if flow.cut:
        flow.opaque = True  # What was left out may have been the shorter way.
        return
    ways = sorted(dict.fromkeys(h.variants for h in flow.hypotheses), key=_length)
    told, *others = (tuple(_past(*step) for step in way) for way in ways)
    for step in told:
        flow.violated(Violation(n, *step, others=tuple(others)))
    if any(name.endswith(_UNTOLD) for way in ways for _, name in way):
        flow.opaque = True
    flow.hypotheses = [h._replace(variants=()) for h in flow.hypotheses]


def _length(way: Way) -> tuple[int, int]:
    return len(way), sum(name.startswith("RFC ") for _, name in way)


def _past(clause: str, name: str) -> tuple[str, str]:
    return clause, f"not as this clause has it, but as {name}"


# -- one hypothesis --------------------------------------------------------------------------------


def _one_arrival(
    flow: Flow, h: Hypothesis, segment: Segment, now: int, known: dict[Tcb, list[Branch]]
) -> list[Hypothesis]:
    """`known` has the branches of a TCB for this segment: hypotheses differ in more than that."""
    tcb, ended = h.tcb, ""
    if tcb.state == "CLOSED" or not h.bound:
        tcb = Tcb("LISTEN" if flow.listening else "CLOSED")
        if h.bound:
            # The socket of the old connection stays what it is until a SYN begins another.
            ended = "ended" if h.tcb.fin_taken or h.told == "ended" else ""
            old = not flow.listening or segment.flags & (SYN | ACK | RST) != SYN
            h = Hypothesis(tcb, now, told=ended if old else "", variants=h.variants)
    branches = known.get(tcb)
    if branches is None:
        branches = known[tcb] = [
            _as_limited(flow, branch, segment, now) for branch in _branches(flow, tcb, segment)
        ]
    out = []
    for branch in branches:
        flow.report.count(branch.clause)
        new = after_arrival(h, branch, now, flow.limits.slack)
        if new.tcb.state == tcb.state == "TIME-WAIT" and not _repeats_fin(tcb, segment):
            new = new._replace(since=h.since)
        if new.tcb.state in {"CLOSED", "LISTEN"}:
            new = new._replace(tcb=new.tcb._replace(state="CLOSED"), told=new.told or ended)
        out.append(new)
        if branch.answer.kind == "syn-ack" and flow.queue_may_be_full:
            out.append(new._replace(due_by=NEVER))
    if tcb.state == "SYN-RECEIVED" and flow.sender.ended:
        out += closed_before(out)
    if tcb.state == "SYN-RECEIVED" and tcb.passive and flow.queue_may_be_full:
        # A full accept queue: the ACK that would complete the handshake is not taken.
        out.append(h)
        out.append(_refused_for_want_of_room(h, segment))
    return out


def _branches(flow: Flow, tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """What the rules make of a segment, and the known ways past them."""
    branches = (
        *segment_arrives(tcb, segment),
        *departures(tcb, segment),
        *other_departures(tcb, segment),
    )
    if flow.ends_above:
        branches = (*branches, *more_behind_fin(tcb, segment, flow.ends_above, flow.fins))
    if flow.buffer_set:
        branches = (*branches, *no_room(tcb, segment, flow.came))
    if flow.edge is not None:
        branches = (*branches, *_beyond_smaller(tcb, segment, flow.edge))
    if flow.lazy:
        branches = (*branches, *delayed_syn_ack(tcb, segment))
    if flow.cookies and tcb.state == "SYN-RECEIVED" and tcb.passive:
        forgotten = (*neighbours(tcb, segment), *without_stamps(tcb, segment))
        branches = (
            *branches,
            *_of_any_stamp(tcb, segment),
            *forgotten,
            *segment_arrives(Tcb("LISTEN"), segment),
        )
    if tcb.state == "LISTEN" and (offered := flow.built_by(segment)) is not None:
        # RFC 4987, 3.6: what a wrong cookie has met takes nothing from the right one.
        built = (*segment_arrives(offered, segment), *_of_any_stamp(offered, segment))
        branches = (*branches, *(b._replace(label="optional") for b in built if not b.variant))
        branches = (*branches, *neighbours(offered, segment))
    if flow.fast_open is not None and segment.flags & SYN:
        branches = with_cookie(branches, segment, valid=flow.fast_open)
    return branches


def _beyond_smaller(tcb: Tcb, segment: Segment, edge: int) -> tuple[Branch, ...]:
    """What reaches beyond the edge last told, where one farther right was told before: RCV.WND is
    what is offered now, though taking it back is discouraged (3.8.6, SHLD-14).
    """
    room = offset(edge, tcb.rcv_nxt)
    if tcb.state not in SYNCHRONIZED or not 0 <= room < tcb.rcv_wnd:
        return ()
    if not acceptable(tcb, segment) or _ends_by(segment, edge, tcb._replace(rcv_wnd=room)):
        return ()
    older = (tcb.rcv_nxt + tcb.rcv_wnd) & MASK
    return tuple(
        b._replace(tcb=_up_to(b.tcb, older), label="optional")
        for b in segment_arrives(tcb._replace(rcv_wnd=room), segment)
        if not b.variant
    )


def _ends_by(segment: Segment, edge: int, tcb: Tcb) -> bool:
    return acceptable(tcb, segment) and offset(segment.seq, edge) + segment.seg_len <= 0


def _up_to(tcb: Tcb, edge: int) -> Tcb:
    return tcb._replace(rcv_wnd=max(0, offset(edge, tcb.rcv_nxt)))


def _of_any_stamp(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A cookie whose timestamp is older than the SYN's: nobody remembers that (RFC 4987, 3.6)."""
    stamps = timestamps(segment) if segment.options else None
    if stamps is None or tcb.ts_recent is None or offset(stamps.tsval, tcb.ts_recent) >= 0:
        return ()
    taken = segment_arrives(tcb._replace(ts_recent=stamps.tsval), segment)
    return tuple(b._replace(label="optional") for b in taken if not b.variant)


def _as_limited(flow: Flow, branch: Branch, segment: Segment, now: int) -> Branch:
    """The branch as settings leave it: a throttle, or quiet time, may keep the answer back."""
    limits = flow.limits
    limited = (
        branch.clause.startswith(CHALLENGED)
        or (branch.clause.startswith(UNACCEPTABLE) and not segment.payload)
        or (branch.clause.startswith(_REFUSED) and limits.throttle)
    )
    if limits.quiet or (limited and limits.challenged(segment, now)):
        branch = branch._replace(answer=branch.answer._replace(may_fail=True))
    return branch._replace(label="optional") if branch.variant in limits.variants else branch


def _refused_for_want_of_room(h: Hypothesis, segment: Segment) -> Hypothesis:
    """An accept queue that is full may answer by a reset."""
    gone = Hypothesis(h.tcb._replace(state="CLOSED"), h.since, variants=h.variants)
    return gone._replace(due=Answer("rst", (h.tcb.snd_nxt, segment.ack)), due_by=NEVER)


def _repeats_fin(tcb: Tcb, segment: Segment) -> bool:
    """Whether TIME-WAIT starts anew: for "a retransmission of the remote FIN" (3.10.7.4)."""
    at = (segment.seq + len(segment.payload)) & 0xFFFFFFFF
    return bool(segment.flags & FIN) and at == tcb.fin


# -- all of them -----------------------------------------------------------------------------------


def _without_needless(out: dict[Hypothesis, None]) -> list[Hypothesis]:
    """Variants last, and without those that some of their steps alone have led to as well."""
    if not any(h.variants for h in out):
        return list(out)
    kept = [h for h in out if not h.variants]
    past: dict[Hypothesis, list[Hypothesis]] = {}
    for h in out:
        if h.variants and (end := h._replace(variants=())) not in out:
            past.setdefault(end, []).append(h)
    for ways in past.values():
        needed: list[Hypothesis] = []
        for h in sorted(ways, key=lambda each: len(each.variants)):
            if not any({*other.variants} <= {*h.variants} for other in needed):
                needed.append(h)
        kept += needed
    return kept


def _some_of_each(kept: list[Hypothesis]) -> list[Hypothesis]:
    """MOST of them, in turns of each state, of each thing due and of each way past the rules."""
    turns: Counter[tuple[object, ...]] = Counter()

    def turn(h: Hypothesis) -> int:
        kind = h.tcb.state, h.variants, h.ack_by, h.due, h.due_by
        turns[kind] += 1
        return turns[kind]

    return sorted(kept, key=turn)[:MOST]
