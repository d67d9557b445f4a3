"""connect() to a port that refuses takes three minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-26"


def is_hard(_tcb: Tcb, _error: IcmpError) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(icmp, "is_hard", is_hard)
