"""A sender goes on to widen its window while the network tells it of congestion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import ECE
from tcpref.states import steps
from tcpref.states.steps import check_ack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.2-NO-GROWTH"


def without_echo(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    return check_ack(tcb, segment._replace(flags=segment.flags & ~ECE), now)


def plant(patch: Patch) -> None:
    patch(steps, "check_ack", without_echo)
