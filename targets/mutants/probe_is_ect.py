"""The mark on a window probe is lost with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.6-ZWP"


transmit = output.transmit


def transmit_probe_as_new(stack: Stack, tcb: Tcb, number: int, flags: int, **what: object) -> None:
    what["fresh"] = bool(what.get("fresh")) or tcb.probing
    transmit(stack, tcb, number, flags, **what)  # type: ignore[arg-type]


def plant(patch: Patch) -> None:
    patch(output, "transmit", transmit_probe_as_new)
