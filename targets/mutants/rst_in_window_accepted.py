"""A blind attacker resets a connection with one guess in each window's width of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.disposition import DROP, Disposition
from tcpref.segment import RST, Segment
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:3.2-RST-INWINDOW"


def check_rst(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    if not segment.flags & RST:
        return None
    return reset if seq.within(segment.seq, tcb.rcv_nxt, tcb.rcv_wnd) else DROP


def plant(patch: Patch) -> None:
    patch(steps, "check_rst", check_rst)
