"""A peer that knows no SACK gets options that it cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.options import Options

REQUIREMENT = "RFC2018:4-NOT-UNNEGOTIATED"


negotiated = Tcb.negotiate


def negotiate(tcb: Tcb, options: Options, now: int) -> None:
    negotiated(tcb, options, now)
    tcb.sack = True


def plant(patch: Patch) -> None:
    patch(Tcb, "negotiate", negotiate)
