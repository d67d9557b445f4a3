"""A server that tells its clients apart by their ports, or logs them, has none of them right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import accept

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.arguments import Tagged
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "DOC-19"


def in_network_order(kernel: Kernel, call: PendingCall) -> Result | None:
    result = accept(kernel, call)
    return None if result is None else result._replace(out=tuple(map(swapped, result.out)))


def swapped(told: Tagged) -> Tagged:
    match told:
        case "address", (str() as address, int() as port):
            return "address", (address, int.from_bytes(port.to_bytes(2, "little"), "big"))
    return told


def plant(patch: Patch) -> None:
    patch(calls_connection, "accept", in_network_order)
