"""A host told to wait for 2 MSL whatever comes lets an old reset end the wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import CLOSE_QUIETLY, DROP
from tcpref.segment import RST
from tcpref.states import steps, time_wait
from tcpref.states.time_wait import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_RFC1337"


def as_in_other_states(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if segment.flags & RST:
        return steps.first_checks(tcb, segment, CLOSE_QUIETLY) or DROP
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(time_wait, "segment_arrives", as_in_other_states)
