"""An upload to a program that has gone is acknowledged to the end, and lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-3"


def lost_on_closed_application(_tcb: Tcb, _segment: Segment) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(steps, "lost_on_closed_application", lost_on_closed_application)
