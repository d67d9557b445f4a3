"""shutdown() and then close() take two numbers for one end, and the peer resets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output, user
from tcpref.tcb import State
from tcpref.user import close

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.4-CLOSE-FW-NO2FIN"


def once_more(stack: Stack, tcb: Tcb) -> None:
    if tcb.state in (State.FIN_WAIT_1, State.FIN_WAIT_2):
        output.send_fin(stack, tcb)
    else:
        close(stack, tcb)


def plant(patch: Patch) -> None:
    patch(user, "close", once_more)
