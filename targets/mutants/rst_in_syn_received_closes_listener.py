"""One stray reset during a handshake takes a server off the net."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack
from tcpref.tcb import State, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.5-OLD-DUP-SYN"


close_connection = Stack.close_connection


def plant(patch: Patch) -> None:
    def with_listener(stack: Stack, tcb: Tcb, errno: str | None) -> None:
        if tcb.state is State.SYN_RECEIVED and tcb.listener is not None:
            stack.listeners.pop((tcb.listener.address, tcb.listener.port), None)
        close_connection(stack, tcb, errno)

    patch(Stack, "close_connection", with_listener)
