"""A stray reset beside the number of the SYN is answered, and draws the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import SYN, Segment
from tcpref.states import syn_received

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.5.3-RST-SEQ-CHECK"


def repeats_syn(tcb: Tcb, segment: Segment) -> bool:
    return bool(segment.flags & SYN) and segment.seq == tcb.irs


def plant(patch: Patch) -> None:
    patch(syn_received, "repeats_syn", repeats_syn)
