"""A half-closed connection is deaf to urgent data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import URG
from tcpref.states import fin_wait_2
from tcpref.states.fin_wait_2 import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-URG-FW2"


def deaf(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    return segment_arrives(tcb, segment._replace(flags=segment.flags & ~URG), now)


def plant(patch: Patch) -> None:
    patch(fin_wait_2, "segment_arrives", deaf)
