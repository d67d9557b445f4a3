"""After a loss more is sent than before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.2-DEFLATE"


def recovered(reno: Reno, tcb: Tcb) -> None:
    reno.cwnd = reno.ssthresh + 8 * tcb.snd_mss


def plant(patch: Patch) -> None:
    patch(Reno, "recovered", recovered)
