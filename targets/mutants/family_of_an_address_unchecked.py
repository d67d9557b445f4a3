"""A program that mixes up IPv4 and IPv6 is told that the network is at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses, calls_naming
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.arguments import Arguments
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:BIND-EAFNOSUPPORT"


def of_any_family(_kernel: Kernel, _made: Socket, args: Arguments) -> tuple[bytes, int]:
    host, port = args.pair("address")
    address = addresses.from_text(str(host))
    if address is None or not isinstance(port, int) or not 0 <= port <= 0xFFFF:
        raise CallError("EINVAL")
    return address, port


def plant(patch: Patch) -> None:
    patch(calls_naming, "address_argument", of_any_family)
