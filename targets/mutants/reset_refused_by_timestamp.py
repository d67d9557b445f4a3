"""A connection whose peer has gone stays open, for the reset looks old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.disposition import Disposition
from tcpref.segment import RST
from tcpref.timestamps import check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.2-RST-NO-PAWS"


def resets_too(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    return check(tcb, segment._replace(flags=segment.flags & ~RST), now)


def plant(patch: Patch) -> None:
    patch(timestamps, "check", resets_too)
