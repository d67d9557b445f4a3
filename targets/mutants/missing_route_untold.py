"""A program waits for minutes for a host that no route leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack

REQUIREMENT = "POSIX:CONNECT-ENETUNREACH"


def anywhere(_stack: Stack, _remote: bytes) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(calls_connection, "on_link", anywhere)
