"""A server cannot call back a client that has a link-local address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses, calls_naming

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket

REQUIREMENT = "RFC3493:3.3-SCOPE"


def bare_name_of(_kernel: Kernel, made: Socket, address: bytes) -> str:
    return addresses.to_text(address, made.family)


def plant(patch: Patch) -> None:
    patch(calls_naming, "name_of", bare_name_of)
