"""A program that hands a file to a socket call is told that it has closed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.errors import CallError
from tcpref.processes import Process

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:EBADF-ENOTSOCK"


def never_a_file(process: Process, descriptor: int) -> Socket:
    made = process.descriptors.get(descriptor)
    if made is None:
        raise CallError("EBADF")
    return made


def plant(patch: Patch) -> None:
    patch(Process, "socket", never_a_file)
