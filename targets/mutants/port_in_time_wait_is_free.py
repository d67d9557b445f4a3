"""A server that restarts at once takes octets of a client of its predecessor for its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-08"


enter = Stack.enter


def entering(stack: Stack, tcb: Tcb, state: State) -> None:
    enter(stack, tcb, state)
    if tcb.state is State.TIME_WAIT and tcb.binding is not None:
        stack.ports.release(tcb.binding)
        tcb.binding = None


def plant(patch: Patch) -> None:
    patch(Stack, "enter", entering)
