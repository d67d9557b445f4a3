"""A receiver that splits its ACKs gets the path for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.1-SS-GROWTH"


def acknowledged(reno: Reno, tcb: Tcb, octets: int) -> None:
    if octets:
        reno.cwnd += tcb.snd_mss


def plant(patch: Patch) -> None:
    patch(Reno, "acknowledged", acknowledged)
