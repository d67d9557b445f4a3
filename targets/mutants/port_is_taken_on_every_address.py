"""A host cannot run two servers on one port, each on an address of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.ports import Binding

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:BIND-EADDRINUSE"


def by_port(_binding: Binding, _address: bytes, *, v6only: bool = False) -> bool:  # noqa: ARG001 - the fault
    return True


def plant(patch: Patch) -> None:
    patch(Binding, "overlaps", by_port)
