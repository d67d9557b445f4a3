"""One forged segment from far outside the window has all of the peer's refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.timestamps import check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.3-R3"


def before_the_window(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    refused = check(tcb, segment, now)
    if refused is None and segment.options.tsval is not None:
        tcb.ts_recent = segment.options.tsval
    return refused


def plant(patch: Patch) -> None:
    patch(timestamps, "check", before_the_window)
