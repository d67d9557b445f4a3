"""Two servers start on one port without an error, and one of them never sees a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.ports import PortTable

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:BIND-EADDRINUSE"


def available(
    _table: PortTable,
    _address: bytes,
    _port: int,
    *,
    reuse: bool,  # noqa: ARG001 - the fault
    v6only: bool = False,  # noqa: ARG001 - the fault
    shared: bool = False,  # noqa: ARG001 - the fault
) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(PortTable, "available", available)
