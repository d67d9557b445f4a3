"""A keep-alive probe gets no answer, so the peer takes a live connection for dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import DROP, Disposition
from tcpref.states import steps
from tcpref.states.steps import check_sequence

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-ESTAB"


def silent(tcb: Tcb, segment: Segment) -> Disposition | None:
    return DROP if check_sequence(tcb, segment) else None


def plant(patch: Patch) -> None:
    patch(steps, "check_sequence", silent)
