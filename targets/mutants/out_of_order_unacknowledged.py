"""The sender learns of a loss by its timer only, so each lost segment costs a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import Answer
from tcpref.states import steps
from tcpref.states.steps import process_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.2-DUPACK-RX"


def delayed(tcb: Tcb, segment: Segment) -> Answer:
    answer = process_text(tcb, segment)
    return Answer.DELAYED_ACK if answer is Answer.ACK and tcb.reassembly else answer


def plant(patch: Patch) -> None:
    patch(steps, "process_text", delayed)
