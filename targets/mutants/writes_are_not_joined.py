"""A program that writes line by line fills the network with tiny segments, each write its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output, seq, tcb
from tcpref.output import next_size
from tcpref.send_buffer import SendBuffer

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-27"


class Writes(SendBuffer):
    """Where each write ends."""

    __slots__ = ("ends",)

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[int] = []

    def append(self, octets: bytes) -> None:
        super().append(octets)
        self.ends.append(len(self))

    def acknowledge(self, count: int) -> None:
        super().acknowledge(count)
        self.ends = [end - count for end in self.ends if end > count]


def size_of_the_write(block: Tcb) -> int:
    size, writes = next_size(block), block.send_buffer
    sent = seq.distance(block.snd_nxt, block.data_seq)
    ends = writes.ends if isinstance(writes, Writes) else []
    return min([size, *(end - sent for end in ends if end > sent)])


def plant(patch: Patch) -> None:
    patch(tcb, "SendBuffer", Writes)
    patch(output, "next_size", size_of_the_write)
