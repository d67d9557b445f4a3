"""A path that has just lost two SYNs gets ten segments at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import reno
from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:3.1-IW-AFTER-SYN-LOSS"


def opened(controls: Reno, tcb: Tcb) -> None:
    controls.cwnd = reno.initial_window(tcb.snd_mss, tcb.settings.initial_window)


def plant(patch: Patch) -> None:
    patch(Reno, "opened", opened)
