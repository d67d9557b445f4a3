"""Text without the agreed timestamps is taken, and nothing protects it from wrapped numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.disposition import Disposition
from tcpref.timestamps import check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:3.2-MISSING-DROP"


def lenient(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    return None if segment.options.tsval is None else check(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(timestamps, "check", lenient)
