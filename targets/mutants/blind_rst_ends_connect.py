"""A forged reset without an acknowledgement makes any connect() fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import REFUSED, Disposition
from tcpref.segment import ACK, RST, Segment
from tcpref.states import syn_sent
from tcpref.states.syn_sent import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:3.2-RST-SYNSENT"


def credulous(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if segment.flags & (RST | ACK) == RST:
        return REFUSED
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(syn_sent, "segment_arrives", credulous)
