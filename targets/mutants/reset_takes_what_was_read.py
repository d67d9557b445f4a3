"""Text that recv(MSG_WAITALL) has taken already is lost when the connection is reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import ended

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:RECV-WAITALL"


def error_first(made: Socket, octets: bytes) -> bool:
    made.raise_error()
    return ended(made, octets)


def plant(patch: Patch) -> None:
    patch(calls_data, "ended", error_first)
