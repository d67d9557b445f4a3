"""A server that lets the system choose its port is told that it is 0, where nobody can reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming
from tcpref.calls_naming import bind_to

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.port_selection import Destination
    from tcpref.sockets import Socket

REQUIREMENT = "DOC-03"


def without_choice(
    kernel: Kernel,
    made: Socket,
    address: bytes,
    port: int,
    destination: Destination | None = None,
) -> None:
    if port or destination is not None:
        bind_to(kernel, made, address, port, destination)
        return
    made.binding = kernel.stack.ports.hold(address, 0, reuse=made.reuse, v6only=made.v6only)
    made.address = address


def plant(patch: Patch) -> None:
    patch(calls_naming, "bind_to", without_choice)
