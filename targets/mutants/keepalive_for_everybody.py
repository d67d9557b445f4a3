"""Idle connections are probed although nobody asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import keepalive
from tcpref.keepalive import KeepAlive, Times, start

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-24"


def always(stack: Stack, tcb: Tcb) -> None:
    if tcb.keepalive is None:
        tcb.keepalive = KeepAlive(tcb, Times(1, 1, 2))
    start(stack, tcb)


def plant(patch: Patch) -> None:
    patch(keepalive, "start", always)
