"""A reader that takes small pieces gets the first of them and then end-of-file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.user import receive

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.3-RECV-CLOSEWAIT"


def once(stack: Stack, tcb: Tcb, count: int, *, peek: bool) -> bytes:
    octets = receive(stack, tcb, count, peek=peek)
    if tcb.fin_received and not peek:
        tcb.received.clear()
    return octets


def plant(patch: Patch) -> None:
    patch(user, "receive", once)
