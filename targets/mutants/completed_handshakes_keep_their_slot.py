"""A server takes no more clients once it has served a hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-13"


def complete(listener: Listener, tcb: Tcb) -> None:
    if tcb.key in listener.syn_queue and tcb not in listener.accept_queue:
        listener.accept_queue.append(tcb)


def plant(patch: Patch) -> None:
    patch(Listener, "complete", complete)
