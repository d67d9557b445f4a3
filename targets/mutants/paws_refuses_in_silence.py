"""A peer whose clock has jumped back hears nothing, and waits in place of resetting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.disposition import DROP
from tcpref.timestamps import check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:5.3-R1"


def silent(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    return DROP if check(tcb, segment, now) is not None else None


def plant(patch: Patch) -> None:
    patch(timestamps, "check", silent)
