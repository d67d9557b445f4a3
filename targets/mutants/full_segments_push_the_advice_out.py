"""A peer never hears of a user time-out while there is much to send: full segments have no room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import full_size

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5482:3-SYN"


def without_advice(tcb: Tcb) -> int:
    uto, tcb.uto = tcb.uto, None
    size = full_size(tcb)
    tcb.uto = uto
    return size


def plant(patch: Patch) -> None:
    patch(output, "full_size", without_advice)
