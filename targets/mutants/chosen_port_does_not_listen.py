"""A server that lets the system choose its port answers nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming
from tcpref.calls_naming import start_listening

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:LISTEN-UNBOUND"


def listening(kernel: Kernel, made: Socket) -> None:
    start_listening(kernel, made)
    if made.port >= kernel.stack.settings.ephemeral_first:
        kernel.stack.listeners.pop((made.address, made.port))


def plant(patch: Patch) -> None:
    patch(calls_naming, "start_listening", listening)
