"""Whoever knows both ends slows a transfer down, without a number that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.5-OUTWIN"


check_sequence = steps.check_sequence


def check_sequence_after_the_mark(tcb: Tcb, segment: Segment) -> Disposition | None:
    if tcb.ecn is not None:
        ecn.arrives(tcb.ecn, segment)
    return check_sequence(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "check_sequence", check_sequence_after_the_mark)
