"""A server takes no new client any more once enough peers have left their half of a connection
open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:7-FIN-WAIT-2-FLOOD"

take, waiting = Listener.take, Listener.waiting


def plant(patch: Patch) -> None:
    given: list[tuple[Listener, Tcb]] = []

    def taken(listener: Listener) -> Tcb:
        tcb = take(listener)
        given.append((listener, tcb))
        return tcb

    def with_orphans(listener: Listener) -> int:
        orphans = sum(
            each is listener and tcb.state is State.FIN_WAIT_2 and tcb.app_gone
            for each, tcb in given
        )
        return waiting(listener) + orphans

    patch(Listener, "take", taken)
    patch(Listener, "waiting", with_orphans)
