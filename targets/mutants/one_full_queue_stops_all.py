"""One server that hangs keeps the clients of all others on its host waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import ACK, SYN
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Key

REQUIREMENT = "DOC-12"
take = Stack.segment_without_connection


def unless_one_is_full(stack: Stack, key: Key, segment: Segment) -> None:
    full = any(not listener.has_room() for listener in stack.listeners.values())
    if not full or segment.flags & (SYN | ACK) != SYN:
        take(stack, key, segment)


def plant(patch: Patch) -> None:
    patch(Stack, "segment_without_connection", unless_one_is_full)
