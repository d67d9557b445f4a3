"""A server serves whoever has sent one forged SYN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-22"
start_handshake = Stack.start_handshake


def and_end_it(stack: Stack, tcb: Tcb) -> None:
    start_handshake(stack, tcb)
    if tcb.state is State.SYN_RECEIVED and tcb.passive:
        stack.enter(tcb, State.ESTABLISHED)


def plant(patch: Patch) -> None:
    patch(Stack, "start_handshake", and_end_it)
