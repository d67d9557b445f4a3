"""freeaddrinfo() releases nothing: a program that runs long enough can resolve no name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.processes import Process

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"


def free_addresses(_process: Process, _number: int) -> None:
    pass


def plant(patch: Patch) -> None:
    patch(Process, "free_addresses", free_addresses)
