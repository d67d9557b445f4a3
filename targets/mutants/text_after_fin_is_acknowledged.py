"""A peer that goes on after its FIN believes that its text was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.disposition import ACKNOWLEDGE, DROP, Disposition
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-TEXT-TW"


def after_peers_fin(tcb: Tcb, segment: Segment) -> Disposition:
    if not segment.length:
        return DROP
    tcb.rcv_nxt = seq.add(segment.seq, segment.length)
    return ACKNOWLEDGE


def plant(patch: Patch) -> None:
    patch(steps, "after_peers_fin", after_peers_fin)
