"""A peer sends small segments because they must be small in the other direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC1191:6.4-MSS-OPTION"


announced_mss = vars(Tcb)["announced_mss"]


def announced_by_path(tcb: Tcb) -> int:
    mtu = None if tcb.path is None else tcb.path.mtu
    return announced_mss.fget(tcb) if mtu is None else mtu - 40


def plant(patch: Patch) -> None:
    patch(Tcb, "announced_mss", property(announced_by_path))
