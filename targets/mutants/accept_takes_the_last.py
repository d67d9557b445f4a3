"""Under load the client that came first is served last, if it has not given up by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-14"


def complete(listener: Listener, tcb: Tcb) -> None:
    listener.syn_queue.pop(tcb.key, None)
    listener.accept_queue.appendleft(tcb)


def plant(patch: Patch) -> None:
    patch(Listener, "complete", complete)
