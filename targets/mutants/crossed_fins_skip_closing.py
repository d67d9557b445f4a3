"""When both sides close at once a lost FIN is never sent again, and one side hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import fin_wait_1
from tcpref.tcb import State, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-FIN-FW1-UNACKED"


def next_state(tcb: Tcb, *, fin: bool) -> State | None:
    if fin:
        return State.TIME_WAIT
    return State.FIN_WAIT_2 if tcb.fin_acked else None


def plant(patch: Patch) -> None:
    patch(fin_wait_1, "next_state", next_state)
