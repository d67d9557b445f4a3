"""A stray ACK of an old connection opens a new one, with numbers that nobody has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import ACK, RST, SYN
from tcpref.states import syn_sent
from tcpref.states.syn_sent import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.3-ACK-ONLY"


def without_syn(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if segment.flags & (ACK | RST | SYN) == ACK:
        segment = segment._replace(flags=segment.flags | SYN)
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(syn_sent, "segment_arrives", without_syn)
