"""A server that asks for the historic backlog lets in more clients than it asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-15"


def completed_only(listener: Listener) -> int:
    return len(listener.accept_queue)


def plant(patch: Patch) -> None:
    patch(Listener, "waiting", completed_only)
