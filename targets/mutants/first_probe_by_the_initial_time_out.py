"""On a slow path a receiver is asked for room before it could have told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import start_probing

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-29"


def start(stack: Stack, tcb: Tcb) -> None:
    if not tcb.probe_wait:
        tcb.probe_wait = tcb.settings.rto_initial_ms * 1_000_000
        tcb.orphan_probes = 0
        tcb.stalled_since = stack.now
    start_probing(stack, tcb)


def plant(patch: Patch) -> None:
    patch(output, "start_probing", start)
