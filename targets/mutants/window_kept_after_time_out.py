"""A congested path gets the whole window again at every time-out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.1-LW"


def timed_out(reno: Reno, tcb: Tcb) -> None:
    reno.halve(tcb)


def plant(patch: Patch) -> None:
    patch(Reno, "timed_out", timed_out)
