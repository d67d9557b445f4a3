"""An old duplicate ends TIME-WAIT, and the next connection of the pair reads text of the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import Answer, Disposition
from tcpref.states import steps, time_wait
from tcpref.states.time_wait import segment_arrives
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-TW"


def impatient(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if segment.payload and not steps.sequence_acceptable(tcb, segment):
        return Disposition(Answer.RESET, State.CLOSED)
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(time_wait, "segment_arrives", impatient)
