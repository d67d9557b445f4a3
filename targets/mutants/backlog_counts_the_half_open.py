"""A few clients with slow links keep all others out of a server that has nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-15"


def waiting(listener: Listener) -> int:
    return len(listener.accept_queue) + len(listener.syn_queue)


def plant(patch: Patch) -> None:
    patch(Listener, "waiting", waiting)
