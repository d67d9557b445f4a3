"""A first flight is one segment longer than the path was asked to carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.1-SYNACK-NOGROW"


opened = Reno.opened


def generous(reno: Reno, tcb: Tcb) -> None:
    opened(reno, tcb)
    reno.cwnd += tcb.snd_mss


def plant(patch: Patch) -> None:
    patch(Reno, "opened", generous)
