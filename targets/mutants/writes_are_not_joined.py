"""A program that writes line by line fills the network with tiny segments, each write its own."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from tcpref import output, seq, tcb
from tcpref.output import next_size
from tcpref.send_buffer import SendBuffer

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-27"


class Writes(SendBuffer):
    """A queue that remembers how the octets were handed over."""

    __slots__ = ("sizes",)

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def append(self, octets: bytes) -> None:
        self.sizes.append(len(octets))
        super().append(octets)

    def acknowledge(self, count: int) -> None:
        super().acknowledge(count)
        while count and self.sizes:
            taken = min(count, self.sizes[0])
            count -= taken
            self.sizes[0] -= taken
            if not self.sizes[0]:
                del self.sizes[0]


def size_of_the_write(connection: Tcb) -> int:
    size = next_size(connection)
    buffer = connection.send_buffer
    if not isinstance(buffer, Writes):
        return size
    offset = seq.distance(connection.snd_nxt, connection.data_seq)
    ends = (end - offset for end in accumulate(buffer.sizes) if end > offset)
    return min(size, next(ends, size))


def plant(patch: Patch) -> None:
    patch(tcb, "SendBuffer", Writes)
    patch(output, "next_size", size_of_the_write)
