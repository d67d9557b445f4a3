"""Half-open connections from clients that vanish pile up until the listener takes nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import recovery
from tcpref.recovery import exhausted
from tcpref.tcb import State, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.2-SYNACK-RETRANS"


def patient(tcb: Tcb, now: int) -> bool:
    return tcb.state is not State.SYN_RECEIVED and exhausted(tcb, now)


def plant(patch: Patch) -> None:
    patch(recovery, "exhausted", patient)
