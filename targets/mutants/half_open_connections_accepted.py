"""Forged SYNs reach the application: accept() does not wait for the third segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener
    from tcpref.segment import Segment
    from tcpref.tcb import Key, Tcb

REQUIREMENT = "RFC9293:3.5-DATA-ON-SYN-HELD"


admit = Stack.admit


def at_once(stack: Stack, listener: Listener, key: Key, segment: Segment, iss: int) -> Tcb | None:
    tcb = admit(stack, listener, key, segment, iss)
    if tcb is not None:
        listener.complete(tcb)
        stack.wake(tcb)
    return tcb


def plant(patch: Patch) -> None:
    patch(Stack, "admit", at_once)
