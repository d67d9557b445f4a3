"""A busy server turns away the last client that its queue has a place for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:LISTEN-BACKLOG-HINT"

accept_bound = Listener.accept_bound


def plant(patch: Patch) -> None:
    def one_less(listener: Listener) -> int:
        return accept_bound(listener) - 1

    patch(Listener, "accept_bound", one_less)
