"""A connection that the peer closes in one segment is never forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import fin_wait_1
from tcpref.states.fin_wait_1 import next_state
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-FIN-FW1-ACKED"


def fin_first(tcb: Tcb, *, fin: bool) -> State | None:
    return State.CLOSING if fin else next_state(tcb, fin=fin)


def plant(patch: Patch) -> None:
    patch(fin_wait_1, "next_state", fin_first)
