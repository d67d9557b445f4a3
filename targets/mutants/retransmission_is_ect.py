"""A mark on text that has arrived before is not seen, so congestion stays untold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.5-RETX"


transmit = output.transmit


def transmit_as_new(stack: Stack, tcb: Tcb, number: int, flags: int, **what: object) -> None:
    what["fresh"] = bool(what.get("payload"))
    transmit(stack, tcb, number, flags, **what)  # type: ignore[arg-type]


def plant(patch: Patch) -> None:
    patch(output, "transmit", transmit_as_new)
