"""Two hosts that connect to each other at the same moment, as through a firewall, never meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import DROP, Disposition
from tcpref.segment import ACK, Segment
from tcpref.states import syn_sent
from tcpref.states.syn_sent import synchronize

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-10"


def answered_only(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    return synchronize(tcb, segment, now) if segment.flags & ACK else DROP


def plant(patch: Patch) -> None:
    patch(syn_sent, "synchronize", answered_only)
