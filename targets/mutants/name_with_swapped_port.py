"""A program that tells others the port it got sends them to another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming
from tcpref.calls_naming import address_result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "DOC-43"


def in_host_order(
    kernel: Kernel, call: PendingCall, made: Socket, address: bytes, port: int
) -> Result:
    swapped = int.from_bytes(port.to_bytes(2, "little"), "big")
    return address_result(kernel, call, made, address, swapped)


def plant(patch: Patch) -> None:
    patch(calls_naming, "address_result", in_host_order)
