"""A server that shuts down a connection which its child has inherited leaves the client waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.user import close

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-37"


def only_the_last(stack: Stack, tcb: Tcb) -> None:
    if tcb.socket is None or tcb.socket.references < 2:
        close(stack, tcb)


def plant(patch: Patch) -> None:
    patch(user, "close", only_the_last)
