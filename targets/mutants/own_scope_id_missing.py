"""A program cannot name its own link-local address to a child that is to bind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses, calls_naming
from tcpref.calls_naming import name_of

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket

REQUIREMENT = "RFC3493:3.3-SCOPE"


def name_of_others(kernel: Kernel, made: Socket, address: bytes) -> str:
    if address == made.address:
        return addresses.to_text(address, made.family)
    return name_of(kernel, made, address)


def plant(patch: Patch) -> None:
    patch(calls_naming, "name_of", name_of_others)
