"""When the announcement of an open window is lost, the transfer stands still for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-36"


def send_probe(_stack: Stack, _tcb: Tcb) -> None:
    return


def plant(patch: Patch) -> None:
    patch(output, "send_probe", send_probe)
