"""The answer to text on a SYN takes a round trip more than it has to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7413:4.2.2-EARLY-ANSWER"


def send(stack: Stack, tcb: Tcb) -> None:
    if tcb.fast_open is not None and tcb.fast_open.deferred:
        fastopen_stack.begin_deferred(stack, tcb)


def plant(patch: Patch) -> None:
    patch(fastopen_stack, "send", send)
