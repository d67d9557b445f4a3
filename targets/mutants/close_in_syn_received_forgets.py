"""Who closes while two opens cross leaves the peer with a connection that nobody answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.tcb import State
from tcpref.user import close

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.4-CLOSE-SYNRCVD"


def as_in_syn_sent(stack: Stack, tcb: Tcb) -> None:
    if tcb.state is State.SYN_RECEIVED:
        stack.close_connection(tcb, None)
    close(stack, tcb)


def plant(patch: Patch) -> None:
    patch(user, "close", as_in_syn_sent)
