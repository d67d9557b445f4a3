"""A peer whose window shrinks is flooded: what is left of it is negative, and taken for large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import full_size, may_send_small, next_size

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-15"


def unsigned(tcb: Tcb) -> int:
    if tcb.usable_window >= 0 or not tcb.snd_wnd:
        return next_size(tcb)
    size = min(tcb.unsent, full_size(tcb))
    return size if may_send_small(tcb) or size == full_size(tcb) else 0


def plant(patch: Patch) -> None:
    patch(output, "next_size", unsigned)
