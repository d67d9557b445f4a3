"""A server that polls its listener hangs in accept() for every client that is still on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:POLL-LISTENER"
is_readable = Socket.readable


def readable(made: Socket) -> bool:
    listener = made.listener
    return is_readable(made) or (listener is not None and bool(listener.syn_queue))


def plant(patch: Patch) -> None:
    patch(Socket, "readable", readable)
