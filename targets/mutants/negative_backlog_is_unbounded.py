"""A server that asks for the least queue by a negative backlog gets the longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:LISTEN-BACKLOG-NEG"


def set_backlog(listener: Listener, backlog: int) -> None:
    listener.backlog = min(backlog & 0xFFFF_FFFF, listener.settings.max_backlog)


def plant(patch: Patch) -> None:
    patch(Listener, "set_backlog", set_backlog)
