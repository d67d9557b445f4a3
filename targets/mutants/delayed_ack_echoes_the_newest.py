"""A peer measures round trips too short, since the wait of a delayed ACK is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq, timestamps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:4.3-DELAYED-ACK"


def in_order(tcb: Tcb, segment: Segment, now: int) -> None:
    tsval = segment.options.tsval
    if segment.seq == tcb.rcv_nxt and tsval is not None and not seq.before(tsval, tcb.ts_recent):
        tcb.ts_recent = tsval
        tcb.ts_recent_at = now


def plant(patch: Patch) -> None:
    patch(timestamps, "remember", in_order)
