"""Segments are lost again and again, since a router tells of a wider path behind a narrow one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu
from tcpref.pmtu import Learned, claimed_mtu, limit, too_big

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError, TooBig
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC1191:3-NO-RAISE"


def takes_what_it_says(stack: Stack, tcb: Tcb, error: IcmpError, message: TooBig) -> None:
    told = claimed_mtu(tcb, message)
    path = tcb.path
    if told is not None and path is not None and path.mtu is not None and told > path.mtu:
        limit(stack, tcb, Learned(told, None))
    else:
        too_big(stack, tcb, error, message)


def plant(patch: Patch) -> None:
    patch(pmtu, "too_big", takes_what_it_says)
