"""A program that waits until it may write goes round and round instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-49"


def writable(made: Socket) -> bool:
    return made.listener is None


def plant(patch: Patch) -> None:
    patch(Socket, "writable", writable)
