"""A server that binds twice by mistake listens on another port than it was told first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:BIND-TWICE"


def unconnected(made: Socket) -> bool:
    return made.tcb is not None


def plant(patch: Patch) -> None:
    patch(calls_naming, "has_name", unconnected)
