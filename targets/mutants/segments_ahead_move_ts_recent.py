"""One segment that overtakes others has them all refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq, timestamps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.3-R3"


def any_newer(tcb: Tcb, segment: Segment, now: int) -> None:
    tsval = segment.options.tsval
    if tsval is not None and not seq.before(tsval, tcb.ts_recent):
        tcb.ts_recent = tsval
        tcb.ts_recent_at = now


def plant(patch: Patch) -> None:
    patch(timestamps, "remember", any_newer)
