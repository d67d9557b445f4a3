"""While a loss is repaired the end of the flight goes again too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tail_loss

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.2-RECOVERY"


def may_go(tcb: Tcb) -> bool:
    return tcb.rto.srtt is not None


def plant(patch: Patch) -> None:
    patch(tail_loss, "may_go", may_go)
