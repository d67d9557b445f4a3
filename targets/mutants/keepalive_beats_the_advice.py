"""A keep-alive ends a connection that the advised time-out would have kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import keepalive

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5482:4.2-KEEPALIVE"


def idle_time(_tcb: Tcb, held: keepalive.KeepAlive) -> int:
    return held.times.idle * keepalive.SECOND


def plant(patch: Patch) -> None:
    patch(keepalive, "idle_time", idle_time)
