"""Old text from before the numbers wrapped ends up in the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.disposition import DROP, Disposition
from tcpref.timestamps import check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.3-R1"


def credulous(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    refused = check(tcb, segment, now)
    return refused if refused is DROP else None


def plant(patch: Patch) -> None:
    patch(timestamps, "check", credulous)
