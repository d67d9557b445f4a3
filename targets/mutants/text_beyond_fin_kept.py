"""Text beyond the peer's end-of-file, forged perhaps, is read as part of the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-FIN-THEN-DATA"


def take_fin(tcb: Tcb) -> bool:
    if tcb.fin_seq is None or tcb.rcv_nxt != tcb.fin_seq:
        return False
    tcb.rcv_nxt = seq.add(tcb.rcv_nxt, 1)
    tcb.received += tcb.reassembly.take(tcb.rcv_nxt)
    return True


def plant(patch: Patch) -> None:
    patch(steps, "take_fin", take_fin)
