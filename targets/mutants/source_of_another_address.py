"""A host with two addresses always answers from the first, and clients drop the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.output import transmit

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-45"


def by_the_route(stack: Stack, tcb: Tcb, number: int, flags: int, **rest: object) -> None:
    chosen = tcb.key
    first = next(own for own in stack.addresses if len(own) == len(chosen[0]))
    tcb.key = (first, *chosen[1:])
    transmit(stack, tcb, number, flags, **rest)  # type: ignore[arg-type]
    tcb.key = chosen


def plant(patch: Patch) -> None:
    patch(output, "transmit", by_the_route)
