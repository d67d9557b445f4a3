"""A transfer stands still behind a link of a small MTU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError, TooBig
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC1191:3-REDUCE"


def too_big(_stack: Stack, _tcb: Tcb, _error: IcmpError, _message: TooBig) -> None:
    pass


def plant(patch: Patch) -> None:
    patch(pmtu, "too_big", too_big)
