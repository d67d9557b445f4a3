"""A program that asks for acknowledgements at once waits for the delay all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import quickack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_QUICKACK"


def switch(_stack: Stack, _tcb: Tcb, *, on: bool) -> None:
    del on


def plant(patch: Patch) -> None:
    patch(quickack, "switch", switch)
