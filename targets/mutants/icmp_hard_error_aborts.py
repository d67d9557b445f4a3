"""A port that somebody says is unreachable ends a connection that has been at work for hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5927:5.2-HARD-TO-SOFT"


def is_hard(_tcb: Tcb, error: IcmpError) -> bool:
    return error.hard is not None


def plant(patch: Patch) -> None:
    patch(icmp, "is_hard", is_hard)
