"""Several ways at once, by the oracle's own rules: what is rare, and what answers decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle.flow_spread import CHALLENGED, UNACCEPTABLE
from tcpassay.model.oracle.hypothesis import Hypothesis, after_arrival, after_departure
from tcpassay.model.rules import segment_arrives
from tcpassay.model.rules.departure import Sender
from tcpassay.model.tcb import State, Tcb

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.fuzz.predictor.connection import Connection
    from tcpassay.model.answers import Branch
    from tcpassay.wire import Segment

#: Ways followed at most: fewer than the oracle does.
MOST = 12


def after(
    conn: Connection,
    segment: Segment,
    now: int,
    slack: int,
    *,
    listening: bool,
    time_wait: int,
    throttled: Callable[[], bool],
) -> list[Hypothesis]:
    """What may be true after a segment of the peer's, by a rule that is no variant."""
    out: dict[Hypothesis, None] = {}
    held_back: bool | None = None
    ways = conn.ways()
    # TIME-WAIT may be over (3.10.8), and after a while it is.
    standing = [h for h in ways if h.tcb.state != "TIME-WAIT" or now - h.since <= 2 * time_wait]
    over = [
        Hypothesis(h.tcb._replace(state="CLOSED"))
        for h in ways
        if h.tcb.state == "TIME-WAIT" and now - h.since >= time_wait
    ]
    for old in (*standing, *over):
        h = _met(old, now, listening=listening)
        tcb = Tcb("LISTEN" if listening else "CLOSED") if _unconnected(h) else h.tcb
        for branch in segment_arrives(tcb, segment):
            if branch.label == "variant":
                continue
            if held_back is None and _limited(branch, segment):
                held_back = throttled()
            kept_back = held_back and _limited(branch, segment)
            new = after_arrival(h, _optional(branch) if kept_back else branch, now, slack)
            if new.tcb.state == tcb.state == "TIME-WAIT" and not _repeats_fin(tcb, segment):
                new = new._replace(since=h.since)
            if new.tcb.state == "LISTEN":
                new = new._replace(tcb=new.tcb._replace(state="CLOSED"))
            out[new] = None
    return list(out)[:MOST]


def _unconnected(h: Hypothesis) -> bool:
    return h.tcb.state in {"CLOSED", "LISTEN"} or not h.bound


def _met(h: Hypothesis, now: int, *, listening: bool) -> Hypothesis:
    """The way as a segment meets it: nothing of a connection that is gone stays."""
    if not _unconnected(h) or not h.bound:
        return h
    ended = not listening and (h.tcb.fin_taken or h.told == "ended")
    state: State = "LISTEN" if listening else "CLOSED"
    return Hypothesis(Tcb(state), now, told="ended" if ended else "")


def _optional(branch: Branch) -> Branch:
    return branch._replace(answer=branch.answer._replace(may_fail=True))


def _limited(branch: Branch, segment: Segment) -> bool:
    clause = branch.clause
    if clause.startswith(CHALLENGED):
        return True
    return not segment.payload and clause.startswith(UNACCEPTABLE)


def _repeats_fin(tcb: Tcb, segment: Segment) -> bool:
    at = (segment.seq + len(segment.payload)) & 0xFFFFFFFF
    return bool(segment.flags & 1) and at == tcb.fin


def sender_of(conn: Connection) -> Sender:
    """What the application has given, as the oracle counts it."""
    octets = len(conn.given)
    return Sender(octets, octets, conn.ended, conn.aborted)


def departed(conn: Connection, segment: Segment, now: int) -> list[Hypothesis]:
    """The ways that are left once the target has sent a segment; windows are scaled."""
    sender = sender_of(conn)
    left: dict[Hypothesis, None] = {}
    for h in conn.ways():
        if h.tcb.state == "CLOSED" and h.due is None:
            continue
        new = after_departure(h, segment, sender, conn.mss, now)
        if isinstance(new, Hypothesis):
            left[new] = None
    return list(left)
