"""A program that asks a socket for its names gets addresses that it cannot use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses, calls_naming
from tcpref.calls_naming import address_result
from tcpref.waiting import PendingCall, Result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket

REQUIREMENT = "RFC3493:3.3-SCOPE"


def without_scope(
    kernel: Kernel, call: PendingCall, made: Socket, address: bytes, port: int
) -> Result:
    result = address_result(kernel, call, made, address, port)
    name = addresses.to_text(address, made.family), port
    return result._replace(out=(("address", name), *result.out[1:]))


def plant(patch: Patch) -> None:
    patch(calls_naming, "address_result", without_scope)
