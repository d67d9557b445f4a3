"""One lost probe, and a sound connection is torn down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import keepalive
from tcpref.keepalive import KeepAlive

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-29"


def impatient(_stack: Stack, _tcb: Tcb, held: KeepAlive) -> bool:
    return held.probes > 0


def plant(patch: Patch) -> None:
    patch(keepalive, "exhausted", impatient)
