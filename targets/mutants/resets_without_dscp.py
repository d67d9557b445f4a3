"""Resets of a connection wait behind other traffic, for they lack its DSCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import resets
from tcpref.resets import abort_of

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-48"


def abort_bare(tcb: Tcb, now: int) -> bytes:
    choices, tcb.ip = tcb.ip, None
    datagram = abort_of(tcb, now)
    tcb.ip = choices
    return datagram


def plant(patch: Patch) -> None:
    patch(resets, "abort_of", abort_bare)
