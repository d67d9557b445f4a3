"""A forged reset, whatever it acknowledges, has connect() fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import REFUSED
from tcpref.segment import ACK, RST
from tcpref.states import syn_sent
from tcpref.states.syn_sent import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.3-BADACK-RST"


def reset_first(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if segment.flags & RST and segment.flags & ACK:
        return REFUSED
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(syn_sent, "segment_arrives", reset_first)
