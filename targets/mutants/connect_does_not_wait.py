"""A program believes itself connected to a host that has not answered yet, or never will."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-23"


def deferred(made: Socket) -> bool:
    return made.tcb is not None and not made.nonblocking


def plant(patch: Patch) -> None:
    patch(Socket, "deferred", property(deferred))
