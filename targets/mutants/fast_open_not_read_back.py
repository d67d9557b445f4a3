"""A program that reads its queue length is told that fast open is on, not how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_fastopen

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "LINUX:TCP_FASTOPEN"


def get_queue(made: Socket) -> int:
    return int(made.fast_open is not None)


def plant(patch: Patch) -> None:
    patch(calls_fastopen, "get_queue", get_queue)
