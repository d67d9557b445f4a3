"""Text that a server has not taken with the SYN comes a second late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7413:4.2.2-CLIENT-RESEND"


def resend(_stack: Stack, _tcb: Tcb) -> None:
    return


def plant(patch: Patch) -> None:
    patch(fastopen_stack, "resend", resend)
