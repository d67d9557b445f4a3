"""A connection that is closed while text waits for the window stays open: no FIN follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.user import close

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.4-CLOSE-ESTAB"


def if_all_is_sent(stack: Stack, tcb: Tcb) -> None:
    if not tcb.unsent:
        close(stack, tcb)


def plant(patch: Patch) -> None:
    patch(user, "close", if_all_is_sent)
