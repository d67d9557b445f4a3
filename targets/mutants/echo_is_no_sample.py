"""After one loss a connection waits ever longer for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6298:5.5-COLLAPSE"


def measure(_tcb: Tcb, _segment: Segment, _now: int) -> None:
    return None


def plant(patch: Patch) -> None:
    patch(timestamps, "measure", measure)
