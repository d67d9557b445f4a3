"""A server whose clients reset while half open soon answers nobody any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-RST-SYNRCVD-PASSIVE"


def remove(listener: Listener, tcb: Tcb) -> None:
    if tcb in listener.accept_queue:
        listener.accept_queue.remove(tcb)


def plant(patch: Patch) -> None:
    patch(Listener, "remove", remove)
