"""Behind an old router, which tells no MTU, a transfer stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import TooBig
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC1191:5-OLD-ROUTER"


claimed_mtu = pmtu.claimed_mtu


def claimed_if_any(tcb: Tcb, message: TooBig) -> int | None:
    return claimed_mtu(tcb, message) if message.mtu else None


def plant(patch: Patch) -> None:
    patch(pmtu, "claimed_mtu", claimed_if_any)
