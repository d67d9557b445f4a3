"""A connect() that is refused by a reset with SYN in it believes itself connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import RST, SYN, Segment
from tcpref.states import syn_sent
from tcpref.states.syn_sent import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.3-RST-ACK"


def syn_first(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if segment.flags & SYN:
        segment = segment._replace(flags=segment.flags & ~RST)
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(syn_sent, "segment_arrives", syn_first)
