"""After a loss the window doubles at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.congestion import NO_LIMIT
from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC6582:3.2-FULL"


def recovered(reno: Reno, _tcb: Tcb) -> None:
    reno.cwnd, reno.ssthresh = reno.ssthresh, NO_LIMIT


def plant(patch: Patch) -> None:
    patch(Reno, "recovered", recovered)
