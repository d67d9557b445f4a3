"""Every connection stalls when its peer's clock wraps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.disposition import CHALLENGE, Disposition
from tcpref.segment import RST
from tcpref.timestamps import check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.3-WRAP"


def flat(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    tsval = segment.options.tsval
    if tsval is None or segment.flags & RST:
        return check(tcb, segment, now)
    return CHALLENGE if tsval < tcb.ts_recent else None


def plant(patch: Patch) -> None:
    patch(timestamps, "check", flat)
