"""A reader that is slower than its peer loses the end of what was sent: end-of-file comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.user import receive

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-33"


def hasty(stack: Stack, tcb: Tcb, count: int, *, peek: bool) -> bytes:
    if tcb.fin_received:
        tcb.received.clear()
    return receive(stack, tcb, count, peek=peek)


def plant(patch: Patch) -> None:
    patch(user, "receive", hasty)
