"""With TCP_FASTOPEN_CONNECT a client that listens first never connects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_stack
from tcpref.fastopen_stack import for_open

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.fastopen import FastOpen
    from tcpref.stack import Stack
    from tcpref.tcb import Key

REQUIREMENT = "LINUX:TCP_FASTOPEN_CONNECT"


def deferred_open(stack: Stack, key: Key) -> FastOpen | None:
    opening = for_open(stack, key)
    if opening is not None:
        opening.deferred = True
    return opening


def plant(patch: Patch) -> None:
    patch(fastopen_stack, "deferred_open", deferred_open)
