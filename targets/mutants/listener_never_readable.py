"""A server that waits in select() for its clients accepts none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-49"
readable = Socket.readable


def connections_only(made: Socket) -> bool:
    return made.listener is None and readable(made)


def plant(patch: Patch) -> None:
    patch(Socket, "readable", connections_only)
