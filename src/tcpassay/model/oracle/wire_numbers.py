"""Sequence numbers of a capture without the wrap, the octets seen and the text sent."""

from __future__ import annotations

from collections import deque

from tcpassay.model.tcb import HALF, MASK

#: Blocks of text kept for comparison with repetitions, at most.
KEPT_BLOCKS = 4096


def unwrapped(number: int, near: int) -> int:
    """The number congruent to `number` that lies nearest to `near` (RFC 9293, 3.4)."""
    return near + ((number - near + HALF) & MASK) - HALF


class Received:
    """Which octets a peer has sent: all below `edge`, and blocks above it, up to `high`."""

    __slots__ = ("_blocks", "edge", "high")

    def __init__(self, edge: int) -> None:
        self.edge = self.high = edge
        self._blocks: list[tuple[int, int]] = []

    def add(self, left: int, right: int) -> bool:
        """Octets from `left` up to `right`; whether any of them is new."""
        self.high = max(self.high, right)
        if right <= self.edge:
            return False
        if left <= self.edge and not self._blocks:
            self.edge = right
            return True
        if any(low <= left and right <= high for low, high in self._blocks):
            return False
        joined = sorted([*self._blocks, (left, right)])
        self._blocks = []
        for low, high in joined:
            if low <= self.edge:
                self.edge = max(self.edge, high)
            elif self._blocks and low <= self._blocks[-1][1]:
                self._blocks[-1] = (self._blocks[-1][0], max(self._blocks[-1][1], high))
            else:
                self._blocks.append((low, high))
        return True

    def jump(self, edge: int) -> None:
        """All below `edge` has been sent, seen or not."""
        if edge > self.edge:
            blocks, self._blocks, self.edge = self._blocks, [], edge
            self.high = max(self.high, edge)
            for low, high in blocks:
                self.add(low, high)

    def holds(self, left: int, right: int) -> bool:
        """Whether all octets of a range have been sent."""
        return right <= self.edge or any(
            low <= max(left, self.edge) and right <= high
            for low, high in ((self.edge, self.edge), *self._blocks)
        )


class SentText:
    """The target's text that may come again: blocks by packet, dropped once acknowledged."""

    __slots__ = ("_blocks",)

    def __init__(self) -> None:
        self._blocks: deque[tuple[int, int, bytes]] = deque(maxlen=KEPT_BLOCKS)

    def append(self, n: int, at: int, octets: bytes) -> None:
        """Text sent for the first time, in packet `n`."""
        self._blocks.append((n, at, octets))

    def acknowledged(self, una: int) -> None:
        """Nothing below `una` will be compared any more."""
        while self._blocks and self._blocks[0][1] + len(self._blocks[0][2]) <= una:
            self._blocks.popleft()

    def differs(self, at: int, octets: bytes) -> int:
        """The packet that had other octets at the same place; 0 for none."""
        end = at + len(octets)
        for n, start, known in self._blocks:
            low, high = max(at, start), min(end, start + len(known))
            if low < high and octets[low - at : high - at] != known[low - start : high - start]:
                return n
        return 0
