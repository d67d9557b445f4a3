"""A window that was never filled survives a loss: half of it is more than was out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.2-DEFLATE"


def halve(reno: Reno, tcb: Tcb) -> None:
    reno.ssthresh = max(reno.cwnd // 2, 2 * tcb.snd_mss)
    reno.counted = 0


def plant(patch: Patch) -> None:
    patch(Reno, "halve", halve)
