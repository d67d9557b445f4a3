"""An event loop never learns that its connection is open until the server speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.stack import Stack
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:CONNECT-WRITABLE"
wake = Stack.wake


def by_text(stack: Stack, tcb: Tcb) -> None:
    waiting = tcb.socket or (tcb.listener and tcb.listener.socket)
    idle = tcb.state is State.ESTABLISHED and seq.distance(tcb.rcv_nxt, tcb.irs) == 1
    if waiting and idle and any(call.name == "poll" for call in waiting.waiters):
        return
    wake(stack, tcb)


def plant(patch: Patch) -> None:
    patch(Stack, "wake", by_text)
