"""A server that restarts gets its port a minute early, and old segments with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import recovery
from tcpref.recovery import SECOND, start_lingering
from tcpref.tcb import State, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack

#: The maximum segment lifetime of 4.4BSD, seconds.
LIFETIME = 30

REQUIREMENT = "DOC-42"
TARGET = "reference-documents"


def fixed(stack: Stack, tcb: Tcb) -> None:
    start_lingering(stack, tcb)
    if tcb.state is State.TIME_WAIT:
        stack.timers.start(tcb.lingering, stack.now + 2 * LIFETIME * SECOND)


def plant(patch: Patch) -> None:
    patch(recovery, "start_lingering", fixed)
