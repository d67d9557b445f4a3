"""A server has no descriptors left after its first thousand clients, though nearly all are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.processes import Process

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "DOC-01"
remove = Process.remove


def removed_for_good(process: Process, descriptor: int) -> Socket:
    highest = max(process.descriptors)
    socket = remove(process, descriptor)
    process._full_below = highest + 1
    return socket


def plant(patch: Patch) -> None:
    patch(Process, "remove", removed_for_good)
