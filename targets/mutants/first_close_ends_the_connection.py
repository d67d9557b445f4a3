"""A server that forks cuts off its client, for the parent closes its own descriptor of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.kernel import Kernel, close_socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "DOC-36"


def release(kernel: Kernel, socket: Socket) -> None:
    close_socket(kernel.stack, socket)
    kernel.wake(socket)


def plant(patch: Patch) -> None:
    patch(Kernel, "release", release)
