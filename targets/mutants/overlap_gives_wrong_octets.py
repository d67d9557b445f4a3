"""A sender that packs a retransmission anew corrupts the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps
from tcpref.states.steps import queue_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-LEFT-OVERLAP"


def keeps_the_front(tcb: Tcb, segment: Segment) -> None:
    behind = seq.distance(tcb.rcv_nxt, segment.seq)
    if 0 < behind < len(segment.payload):
        segment = segment._replace(seq=tcb.rcv_nxt, payload=segment.payload[:-behind])
    queue_text(tcb, segment)


def plant(patch: Patch) -> None:
    patch(steps, "queue_text", keeps_the_front)
