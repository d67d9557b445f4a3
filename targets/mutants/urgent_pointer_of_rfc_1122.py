"""A peer takes one octet less than the sender meant for urgent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent
from tcpref.urgent import pointer_of

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-62"


def one_less(tcb: Tcb, number: int, flags: int) -> int:
    return max(0, pointer_of(tcb, number, flags) - 1)


def plant(patch: Patch) -> None:
    patch(urgent, "pointer_of", one_less)
