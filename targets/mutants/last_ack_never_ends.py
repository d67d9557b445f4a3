"""Every connection that the peer closes first stays behind until memory runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import CLOSE_QUIETLY, DROP, Disposition
from tcpref.states import last_ack
from tcpref.states.last_ack import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-ACK-LASTACK-FIN"


def stays(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    wanted = segment_arrives(tcb, segment, now)
    return DROP if wanted is CLOSE_QUIETLY else wanted


def plant(patch: Patch) -> None:
    patch(last_ack, "segment_arrives", stays)
