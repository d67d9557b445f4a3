"""A client that has closed its half for the answer to begin never gets that answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import fin_wait_1
from tcpref.states.fin_wait_1 import next_state
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-31"


def without_fin_wait_2(tcb: Tcb, *, fin: bool) -> State | None:
    state = next_state(tcb, fin=fin)
    return State.TIME_WAIT if state is State.FIN_WAIT_2 else state


def plant(patch: Patch) -> None:
    patch(fin_wait_1, "next_state", without_fin_wait_2)
