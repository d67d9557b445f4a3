"""A program that allows one more SYN gets none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import syn_schedule
from tcpref.syn_schedule import is_over

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_SYNCNT"


def hasty(tcb: Tcb) -> bool | None:
    if tcb.syn_limit and tcb.retransmissions + 1 >= tcb.syn_limit:
        return True
    return is_over(tcb)


def plant(patch: Patch) -> None:
    patch(syn_schedule, "is_over", hasty)
