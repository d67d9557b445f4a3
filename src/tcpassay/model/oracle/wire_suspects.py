"""A number that comes too early in a capture: a lie, or the capture lacks what came before.

It is held back until it is clear which: the target falls back to the smaller number, or the other
side goes on from the larger one. `lied` is an ACK number, `gap` a sequence number of the target's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.tcb import MASK

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.model.oracle.wire_numbers import Received
    from tcpassay.wire import Segment

#: So many octets in a row may be missing in a capture; more are no accident.
PLAUSIBLE = 1 << 17


class Suspect(NamedTuple):
    """A number that packet `n` had too early, and what it breaks.

    `low` is the highest that would have been right; `arrived` counts the peer's segments so far.
    """

    n: int
    number: int
    found: Finding
    low: int
    arrived: int


# -- ACK numbers -----------------------------------------------------------------------------------


def lie_told(flow: WireFlow, ack: int, received: Received) -> None:
    """The target acknowledges less than it has before: then that was a lie, if it was one."""
    lied = flow.lied
    if lied is None:
        return
    if ack < lied.number and (flow.exact or received.high < lied.number):
        flow.found(lied.found)
        flow.lied = None
    elif ack <= received.edge:
        # It has come by now, for the first time or again: who knows.
        flow.seen.withhold("an acknowledgement of what was captured only later")
        flow.lied = None


def lie_explained(flow: WireFlow, left: int, received: Received) -> None:
    """The peer goes on from the number: it has sent what the capture lacks."""
    lied = flow.lied
    if lied is not None and left >= lied.number:
        flow.hole(f"packets of the peer before packet {lied.n}")
        received.jump(lied.number)
        flow.lied = None


def acknowledged_early(
    flow: WireFlow, ack: int, received: Received, clause: str, now: int, n: int
) -> bool:
    """An ACK number beyond what has come; whether it can be taken as it is."""
    if flow.learning(now):
        received.jump(ack)
        return True
    if ack <= received.high and not flow.exact:
        flow.hole(f"packets of the peer before packet {n}")
        received.jump(ack)
        return True
    if flow.lied is None:
        why = f"ACK={ack & MASK}, {ack - received.edge} octets beyond what has come"
        found = Finding(n, clause, why, f"ACK={received.edge & MASK} at most")
        flow.lied = Suspect(n, ack, found, received.edge, flow.seen.arrived)
    return False


# -- sequence numbers ------------------------------------------------------------------------------


def gap_acknowledged(flow: WireFlow, ack: int) -> None:
    """The peer has what was skipped: the capture lacks it."""
    gap = flow.gap
    if gap is not None and ack >= gap.number:
        flow.hole(f"packets of the target before packet {gap.n}")
        flow.gap = None


def settle_gap(flow: WireFlow, segment: Segment, at: int) -> None:
    """What was skipped is sent now, for the first time: it was there to be sent."""
    gap = flow.gap
    if gap is None:
        return
    if at >= gap.number and gap.number > flow.high:
        flow.hole(f"packets of the target before packet {gap.n}")
        flow.sent_up_to(gap.number)
        flow.gap = None
    elif at < gap.number and (at + segment.seg_len > gap.low or gap.number > flow.high):
        # After an arrival it may be there for the second time.
        if not segment.seg_len or gap.arrived == flow.seen.arrived:
            flow.found(gap.found)
        else:
            flow.hole(f"packets of the target before packet {gap.n}")
        flow.gap = None


def behind_a_gap(flow: WireFlow, segment: Segment, at: int, n: int) -> bool:
    """SEQ above SND.NXT: the capture lacks a packet, or the target has skipped octets.

    Whether nothing more can be said of the segment.
    """
    bare = not segment.seg_len
    if at <= flow.beyond:
        flow.hole(f"packets of the target before packet {n}")
    elif flow.exact and not flow.learning(flow.last_ns):
        why = f"SEQ={segment.seq}, {at - flow.high} octets beyond SND.NXT"
        clause = "RFC9293:3.5.2-GROUP3-EMPTY-ACK" if bare else "RFC9293:3.4-WRAP"
        found = Finding(n, clause, why, f"SEQ={flow.high & MASK}")
        flow.gap = flow.gap or Suspect(n, at, found, flow.high, flow.seen.arrived)
        if bare:
            return True
    flow.sent_up_to(at)
    return False


# -- the end ---------------------------------------------------------------------------------------


def decide(flow: WireFlow) -> None:
    """The capture is over: what is still open is decided, and holes take what hangs on them."""
    for suspect in (flow.lied, flow.gap):
        if suspect is None:
            continue
        if suspect.number - suspect.low > PLAUSIBLE:
            flow.found(suspect.found)
        else:
            flow.seen.withhold("a number that packets not captured may explain")
    flow.lied = flow.gap = None
    findings = flow.seen.findings
    if flow.seen.holes:
        kept = [finding for finding in findings if not finding.whole]
        for _ in range(len(findings) - len(kept)):
            flow.seen.withhold("the capture lacks packets of this connection")
        findings[:] = kept
    findings.sort()
