"""Segments are sent twice to peers that could never have said that they have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack
from tcpref.rack import Rack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:4-SACK"


def start(tcb: Tcb) -> None:
    tcb.rack = Rack(tcb)


def plant(patch: Patch) -> None:
    patch(rack, "start", start)
