"""A router of IPv6 that tells an MTU of 0 brings packets below what every link carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu
from tcpref.pmtu import PLATEAUS, believe, resend, too_big

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError, TooBig
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8201:4-MIN1280"


def as_of_ipv4(stack: Stack, tcb: Tcb, error: IcmpError, message: TooBig) -> None:
    if message.mtu or len(tcb.key[0]) == 4:
        too_big(stack, tcb, error, message)
        return
    believe(stack, tcb, next(plateau for plateau in PLATEAUS if plateau < 1280))
    resend(stack, tcb)


def plant(patch: Patch) -> None:
    patch(pmtu, "too_big", as_of_ipv4)
