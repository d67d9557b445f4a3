"""TCP_USER_TIMEOUT is taken and does nothing: an application waits for minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user_timeout

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-21"


def idle(_stack: Stack, _tcb: Tcb) -> None:
    return


def plant(patch: Patch) -> None:
    patch(user_timeout, "watch", idle)
