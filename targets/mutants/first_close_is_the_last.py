"""A server that forks loses its clients when the parent closes its copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.kernel import Kernel, close_socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:CLOSE-DUP"


def release(kernel: Kernel, socket: Socket) -> None:
    close_socket(kernel.stack, socket)
    kernel.wake(socket)


def plant(patch: Patch) -> None:
    patch(Kernel, "release", release)
