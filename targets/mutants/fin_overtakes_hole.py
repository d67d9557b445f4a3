"""A file ends early: the FIN counts although text before it was lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-FIN-OOO"


def fin_received(tcb: Tcb) -> bool:
    return tcb.fin_seq is not None


def plant(patch: Patch) -> None:
    patch(Tcb, "fin_received", property(fin_received))
