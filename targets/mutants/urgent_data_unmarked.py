"""Urgent data leaves as if it were none: the peer is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-30"


def nowhere(_tcb: Tcb, _number: int, _flags: int) -> int:
    return 0


def plant(patch: Patch) -> None:
    patch(urgent, "pointer_of", nowhere)
