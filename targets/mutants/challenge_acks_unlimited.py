"""A flood of forged segments turns the host into a source of as many answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:7-THROTTLE"


def may_challenge(_stack: Stack, _tcb: Tcb) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(Stack, "may_challenge", may_challenge)
