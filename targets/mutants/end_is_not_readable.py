"""A program that waits in select() never learns that the peer has closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-49"
readable = Socket.readable


def with_text_only(made: Socket) -> bool:
    if made.tcb is not None and made.error is None and made.available() == 0:
        return False
    return readable(made)


def plant(patch: Patch) -> None:
    patch(Socket, "readable", with_text_only)
