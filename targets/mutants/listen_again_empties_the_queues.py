"""A server that enlarges its backlog loses the clients that were waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:ACCEPT-QUEUED-DATA"
set_backlog = Listener.set_backlog


def anew(listener: Listener, backlog: int) -> None:
    listener.accept_queue.clear()
    set_backlog(listener, backlog)


def plant(patch: Patch) -> None:
    patch(Listener, "set_backlog", anew)
