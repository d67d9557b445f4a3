"""A program that waits for text spins: it is woken because it could send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_ready
from tcpref.calls_ready import seen_events

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "DOC-49"


def everything(made: Socket | None, descriptor: int, asked: tuple[str, ...]) -> tuple[str, ...]:
    return seen_events(made, descriptor, (*asked, "POLLIN", "POLLOUT"))


def plant(patch: Patch) -> None:
    patch(calls_ready, "seen_events", everything)
