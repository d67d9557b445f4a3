"""A reader runs past the mark without noticing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-33"


def everything(tcb: Tcb, *, inline: bool) -> int:  # noqa: ARG001 - the signature of the stack
    return len(tcb.received)


def plant(patch: Patch) -> None:
    patch(urgent, "readable", everything)
