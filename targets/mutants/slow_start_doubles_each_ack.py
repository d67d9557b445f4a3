"""One ACK in slow start sends three segments, and a short queue overflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.1-SS-GROWTH"


acknowledged = Reno.acknowledged


def two_for_one(reno: Reno, tcb: Tcb, octets: int) -> None:
    acknowledged(reno, tcb, octets)
    if reno.cwnd < reno.ssthresh:
        reno.cwnd += tcb.snd_mss


def plant(patch: Patch) -> None:
    patch(Reno, "acknowledged", two_for_one)
