"""One ACK for a window sends two windows in one burst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.1-SS-GROWTH"


def acknowledged(reno: Reno, _tcb: Tcb, octets: int) -> None:
    reno.cwnd += octets


def plant(patch: Patch) -> None:
    patch(Reno, "acknowledged", acknowledged)
