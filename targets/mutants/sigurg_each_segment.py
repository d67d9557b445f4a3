"""The application is woken by a signal for each segment with URG, new or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent
from tcpref.urgent import tell

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:SIGURG"


def again(stack: Stack, tcb: Tcb) -> None:
    if tcb.mark is not None:
        tcb.mark.told = False
    tell(stack, tcb)


def plant(patch: Patch) -> None:
    patch(urgent, "tell", again)
