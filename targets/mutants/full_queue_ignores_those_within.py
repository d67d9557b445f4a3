"""A client whose SYN,ACK was lost is not answered again while the server is busy with others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import DROP, Disposition
from tcpref.states import syn_received
from tcpref.states.syn_received import may_complete, repeats_syn, segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-SYNRCVD-DUPSYN"


def busy(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if repeats_syn(tcb, segment) and not may_complete(tcb):
        return DROP
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(syn_received, "segment_arrives", busy)
