"""A peer can keep dead connections for three weeks, or end them at the first loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import uto
from tcpref.user_timeout import Patience

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb
    from tcpref.uto import UserTimeoutOption

REQUIREMENT = "RFC5482:3-LIMITS"


def adopt(tcb: Tcb, held: UserTimeoutOption) -> None:
    if held.remote is not None and held.changeable:
        tcb.patience = Patience(tcb, 1_000 * held.remote)


def plant(patch: Patch) -> None:
    patch(uto, "adopt", adopt)
