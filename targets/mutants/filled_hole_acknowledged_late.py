"""A sender in recovery waits: the segment it has repeated is acknowledged with a delay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import Answer
from tcpref.states import steps
from tcpref.states.steps import process_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.2-FILL-ACK"


def slow(tcb: Tcb, segment: Segment) -> Answer:
    due, waiting = tcb.rcv_nxt, bool(tcb.reassembly)
    answer = process_text(tcb, segment)
    late = answer is Answer.ACK and (segment.seq == due) and waiting
    return Answer.DELAYED_ACK if late else answer


def plant(patch: Patch) -> None:
    patch(steps, "process_text", slow)
