"""A file ends early: the FIN counts although text before it was lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-FIN-OOO"


def take_fin(tcb: Tcb) -> bool:
    if tcb.fin_seq is None:
        return False
    tcb.rcv_nxt = seq.add(tcb.fin_seq, 1)
    return True


def plant(patch: Patch) -> None:
    patch(steps, "take_fin", take_fin)
