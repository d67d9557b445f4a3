"""Text that a peer, or a forger, sends after its end-of-file reaches the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import ACKNOWLEDGE, DROP, Disposition
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-TEXT-CW"


def after_peers_fin(tcb: Tcb, segment: Segment) -> Disposition:
    if not segment.payload:
        return DROP
    tcb.fin_seq = None
    steps.queue_text(tcb, segment)
    return ACKNOWLEDGE


def plant(patch: Patch) -> None:
    patch(steps, "after_peers_fin", after_peers_fin)
