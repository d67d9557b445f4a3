"""A forged SYN ends an open whose SYN has crossed the peer's, and connect() hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import CLOSE_QUIETLY
from tcpref.segment import SYN
from tcpref.states import syn_received

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-SYN-SYNRCVD-ACTIVE"


def check_syn(_tcb: Tcb, segment: Segment) -> Disposition | None:
    return CLOSE_QUIETLY if segment.flags & SYN else None


def plant(patch: Patch) -> None:
    patch(syn_received, "check_syn", check_syn)
