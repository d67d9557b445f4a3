"""A peer sets aside the time-out that the application has asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import uto

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb
    from tcpref.uto import UserTimeoutOption

REQUIREMENT = "RFC5482:3.1-CHANGEABLE"


adopt = uto.adopt


def adopt_always(tcb: Tcb, held: UserTimeoutOption) -> None:
    held.changeable = True
    adopt(tcb, held)


def plant(patch: Patch) -> None:
    patch(uto, "adopt", adopt_always)
