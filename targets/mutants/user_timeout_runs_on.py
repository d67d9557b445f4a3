"""TCP_USER_TIMEOUT ends a connection all of whose text is acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user_timeout
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-21"


def from_the_first(stack: Stack, tcb: Tcb) -> None:
    patience = tcb.patience
    if patience is not None and not patience.timer.running and tcb.state is State.ESTABLISHED:
        stack.timers.start(patience.timer, stack.now + patience.limit)


def plant(patch: Patch) -> None:
    patch(user_timeout, "watch", from_the_first)
