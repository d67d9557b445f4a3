"""A server runs out of connections: those whose peer never closes are kept for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import recovery
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:FIN_TIMEOUT"

start_lingering = recovery.start_lingering


def plant(patch: Patch) -> None:
    def time_wait_alone(stack: Stack, tcb: Tcb) -> None:
        if tcb.state is State.TIME_WAIT:
            start_lingering(stack, tcb)

    patch(recovery, "start_lingering", time_wait_alone)
