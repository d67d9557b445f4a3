"""A reset with FIN in it looks like an orderly end: what was lost is taken for all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import FIN, RST, Segment
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-RST-ESTAB"


segment_for = Stack.segment_for


def fin_first(stack: Stack, tcb: Tcb, segment: Segment) -> None:
    if segment.flags & FIN:
        segment = segment._replace(flags=segment.flags & ~RST)
    segment_for(stack, tcb, segment)


def plant(patch: Patch) -> None:
    patch(Stack, "segment_for", fin_first)
