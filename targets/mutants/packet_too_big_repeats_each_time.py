"""A burst of messages sends the same text again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError, TooBig
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC1191:6.4-ONCE"


too_big = pmtu.too_big


def too_big_each_time(stack: Stack, tcb: Tcb, error: IcmpError, message: TooBig) -> None:
    too_big(stack, tcb, error, message)
    pmtu.resend(stack, tcb)


def plant(patch: Patch) -> None:
    patch(pmtu, "too_big", too_big_each_time)
