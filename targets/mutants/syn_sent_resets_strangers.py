"""A stray segment draws a reset, and the answer to the SYN finds no connection at the peer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import RESET
from tcpref.segment import RST, SYN
from tcpref.states import syn_sent
from tcpref.states.syn_sent import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.3-FIN"


def unfriendly(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if not segment.flags & (SYN | RST):
        return RESET
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(syn_sent, "segment_arrives", unfriendly)
