"""When a SYN-ACK is lost the client's next SYN does not bring another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import DROP
from tcpref.segment import ACK
from tcpref.states import syn_received
from tcpref.states.syn_received import repeats_syn, segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-SYNRCVD-DUPSYN"


def once_is_enough(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if repeats_syn(tcb, segment) and not segment.flags & ACK:
        return DROP
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(syn_received, "segment_arrives", once_is_enough)
