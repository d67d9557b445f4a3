"""Anybody who knows the four numbers of a connection cuts it with a single reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import RST, Segment
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.5.3-RST-SEQ-CHECK"


def check_rst(_tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    return reset if segment.flags & RST else None


def plant(patch: Patch) -> None:
    patch(steps, "check_rst", check_rst)
