"""An event loop that kept a closed descriptor sleeps on it for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_ready
from tcpref.calls_ready import seen_events

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:EBADF-ENOTSOCK"


def seen(made: Socket | None, descriptor: int, asked: tuple[str, ...]) -> tuple[str, ...]:
    return () if made is None else seen_events(made, descriptor, asked)


def plant(patch: Patch) -> None:
    patch(calls_ready, "seen_events", seen)
