"""Of segments sent within one tick of the peer's clock only the first arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.disposition import CHALLENGE
from tcpref.timestamps import check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.3-R1"


def newer_only(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    again = segment.options.tsval == tcb.ts_recent and segment.payload
    return CHALLENGE if again else check(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(timestamps, "check", newer_only)
