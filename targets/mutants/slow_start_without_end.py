"""After a time-out the window overshoots to what has just failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.1-SSTHRESH-LOSS"


def timed_out(reno: Reno, tcb: Tcb) -> None:
    reno.cwnd = tcb.snd_mss


def plant(patch: Patch) -> None:
    patch(Reno, "timed_out", timed_out)
