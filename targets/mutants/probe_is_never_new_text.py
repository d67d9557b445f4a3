"""A probe repeats what has arrived, where it could carry what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tail_loss

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.3-NEW"


def send_new(_stack: Stack, _tcb: Tcb) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(tail_loss, "send_new", send_new)
