"""A peer without ECN is told ECE, which it may take for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.1-SYNACK-MUSTNOT"


def grant(tcb: Tcb, _syn: Segment) -> None:
    tcb.ecn = ecn.Ecn()


def plant(patch: Patch) -> None:
    patch(ecn, "grant", grant)
