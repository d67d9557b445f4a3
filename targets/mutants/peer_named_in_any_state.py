"""A program that asks for its peer to learn whether connect() is done is told that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:GETPEERNAME-ENOTCONN"


def in_any_state(made: Socket) -> tuple[bytes, int]:
    key = made.connection().key
    return key[2], key[3]


def plant(patch: Patch) -> None:
    patch(calls_naming, "far_end", in_any_state)
