"""A valid cookie is of no use: the application gets the connection a round trip later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7413:4.2.2-VALID"


def complete(self: Listener, tcb: Tcb) -> None:
    if tcb.state != "SYN-RECEIVED" and self.syn_queue.pop(tcb.key, None) is not None:
        self.accept_queue.append(tcb)


def plant(patch: Patch) -> None:
    patch(Listener, "complete", complete)
