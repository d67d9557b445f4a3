"""A segment left of the window completes a handshake in place of the ACK that should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import ACK
from tcpref.states import syn_received

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-SYN-RCVD"

segment_arrives = syn_received.segment_arrives


def lenient(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    if segment.flags & ACK and syn_received.repeats_syn(tcb, segment):
        return syn_received.finish_crossed(tcb, segment, now)
    return segment_arrives(tcb, segment, now)


def plant(patch: Patch) -> None:
    patch(syn_received, "segment_arrives", lenient)
