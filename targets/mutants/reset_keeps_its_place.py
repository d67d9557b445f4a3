"""Clients that have gone hold the places of a full queue until somebody accepts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-30"


def remove(listener: Listener, tcb: Tcb) -> None:
    listener.syn_queue.pop(tcb.key, None)


def plant(patch: Patch) -> None:
    patch(Listener, "remove", remove)
