"""Segments that overlap and overtake each other leave octets twice in the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reassembly import Reassembly

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-OVERLAP-OOO"


def take(waiting: Reassembly, rcv_nxt: int) -> bytes:
    ready = bytearray()
    for start, block in waiting._blocks:
        if start == rcv_nxt:
            ready += block
    return bytes(ready)


def plant(patch: Patch) -> None:
    patch(Reassembly, "take", take)
