"""Anybody who knows the four numbers of a connection ends it with one forged ICMP message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5927:4.1-SEQ-CHECK"


def quotes_flight(_tcb: Tcb, _error: IcmpError) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(icmp, "quotes_flight", quotes_flight)
