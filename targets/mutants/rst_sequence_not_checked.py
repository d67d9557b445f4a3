"""Anybody who knows the four numbers of a connection cuts it with one reset, whatever its sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import Disposition
from tcpref.segment import RST, Segment
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.5.3-RST-SEQ-CHECK"


def check_rst(_tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    return reset if segment.flags & RST else None


def plant(patch: Patch) -> None:
    patch(steps, "check_rst", check_rst)
