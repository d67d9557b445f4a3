"""Two segments that swap places on their way cost a needless retransmission and half the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:6.2-REORDER"


def reordering_window(_tcb: Tcb, _times: Rack) -> int:
    return 0


def plant(patch: Patch) -> None:
    patch(rack, "reordering_window", reordering_window)
