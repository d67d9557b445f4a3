"""Probes go out beside retransmissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import keepalive

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-26"


def nothing(_tcb: Tcb) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(keepalive, "outstanding", nothing)
