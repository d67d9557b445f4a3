"""A user types into a connection that is dead, and is told nothing for minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import soft_errors

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-9"


def silently(_stack: Stack, _tcb: Tcb) -> None:
    pass


def plant(patch: Patch) -> None:
    patch(soft_errors, "retransmitted", silently)
