"""A peer that has closed sends its FIN again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import FIN
from tcpref.states import steps
from tcpref.states.steps import process_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Answer
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-40"


def text_only(tcb: Tcb, segment: Segment) -> Answer:
    answer = process_text(tcb, segment)
    bare = segment.flags & FIN and not segment.payload
    return steps.AT_NO_TIME if bare else answer


def plant(patch: Patch) -> None:
    patch(steps, "process_text", text_only)
