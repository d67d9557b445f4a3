"""A program that asked for IPv6 alone talks IPv4 without knowing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC3493:5.3-V6ONLY"


def reaches(socket: Socket, address: bytes) -> bool:
    return socket.family == "AF_INET6" or len(address) == 4


def plant(patch: Patch) -> None:
    patch(Socket, "reaches", reaches)
