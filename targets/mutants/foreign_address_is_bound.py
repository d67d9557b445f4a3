"""A server started with another host's address says nothing, and never gets a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:BIND-EADDRNOTAVAIL"


def any_address(_kernel: Kernel, made: Socket, address: bytes) -> bool:
    return made.reaches(address)


def plant(patch: Patch) -> None:
    patch(calls_naming, "may_be_ours", any_address)
