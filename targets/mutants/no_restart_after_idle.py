"""After a pause a whole window hits a path that has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:4.1-IDLE-RESTART"


def idle(_reno: Reno, _tcb: Tcb) -> None:
    return


def plant(patch: Patch) -> None:
    patch(Reno, "idle", idle)
