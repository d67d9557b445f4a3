"""A server for all addresses of its host can be reached by the first of them only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming
from tcpref.addresses import is_wildcard
from tcpref.calls_naming import bind_to

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.port_selection import Destination
    from tcpref.sockets import Socket

REQUIREMENT = "DOC-05"


def with_an_address(
    kernel: Kernel,
    made: Socket,
    address: bytes,
    port: int,
    destination: Destination | None = None,
) -> None:
    chosen = kernel.stack.addresses[0] if is_wildcard(address) else address
    bind_to(kernel, made, chosen, port, destination)


def plant(patch: Patch) -> None:
    patch(calls_naming, "bind_to", with_an_address)
