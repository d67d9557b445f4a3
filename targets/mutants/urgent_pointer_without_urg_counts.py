"""An octet is missing from a stream whose sender leaves rubbish in an unused field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import URG
from tcpref.states import steps
from tcpref.states.steps import check_urgent

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.1-URGPTR-NOURG"


def by_the_pointer(tcb: Tcb, segment: Segment) -> None:
    if segment.urgent:
        segment = segment._replace(flags=segment.flags | URG)
    check_urgent(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "check_urgent", by_the_pointer)
