"""A server that has run for long is out of descriptors although it closes them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.processes import Process

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "DOC-01"
remove = Process.remove


def used_up(process: Process, descriptor: int) -> Socket:
    lowest = process.lowest_free(descriptor + 1)
    socket = remove(process, descriptor)
    process._full_below = max(process._full_below, lowest)
    return socket


def plant(patch: Patch) -> None:
    patch(Process, "remove", used_up)
