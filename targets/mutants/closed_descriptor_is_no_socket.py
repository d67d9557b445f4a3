"""A program that used a descriptor after close() is told that it holds a file, and looks there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.errors import CallError
from tcpref.processes import Process

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:EBADF-ENOTSOCK"


def always_a_file(process: Process, descriptor: int) -> Socket:
    made = process.descriptors.get(descriptor)
    if made is None:
        raise CallError("ENOTSOCK")
    return made


def plant(patch: Patch) -> None:
    patch(Process, "socket", always_a_file)
