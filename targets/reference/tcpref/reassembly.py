"""Octets that arrived ahead of their turn (RFC 9293, 3.10.7.4; SHLD-31).

Blocks are kept sorted and apart. Where two segments bring the same octet, the copy that came
first stays, so the octets handed on never depend on a later, perhaps forged, copy. Of too many
blocks those nearest to RCV.NXT stay: what is due next is never refused, and the rest comes again.
"""

from __future__ import annotations

from bisect import bisect

from tcpref import seq


class Reassembly:
    """Blocks beyond RCV.NXT, each (sequence number, octets)."""

    __slots__ = ("_blocks", "limit")

    def __init__(self, limit: int) -> None:
        self._blocks: list[tuple[int, bytes]] = []
        self.limit = limit

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def octets(self) -> int:
        """How many octets wait."""
        return sum(len(octets) for _, octets in self._blocks)

    def spans(self) -> list[tuple[int, int]]:
        """What waits, as (first number, one past the last); blocks that touch are one."""
        spans: list[tuple[int, int]] = []
        for start, block in self._blocks:
            end = seq.add(start, len(block))
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return spans

    def insert(self, start: int, octets: bytes) -> None:
        """Keep what is new of `octets` until `take`."""
        if self._blocks and octets and self._fits(start, octets):
            return
        kept: list[tuple[int, bytes]] = []
        for block_start, block in self._blocks:
            ahead = seq.distance(block_start, start)
            if octets and ahead > 0:
                kept.append((start, octets[:ahead]))
            kept.append((block_start, block))
            covered = max(0, ahead + len(block)) if octets else 0
            if covered:
                octets = octets[covered:]
                start = seq.add(start, covered)
        if octets:
            kept.append((start, octets))
        self._blocks = kept

    def _fits(self, start: int, octets: bytes) -> bool:
        """Put `octets` where nothing of them waits; False where they meet a block.

        Found by halves: a peer who leaves holes on purpose must not make each segment dear.
        """
        blocks = self._blocks
        first = blocks[0][0]
        ahead = seq.distance(start, first)
        at = bisect(blocks, ahead, key=lambda block: seq.distance(block[0], first))
        if at:
            before, block = blocks[at - 1]
            if seq.distance(start, before) < len(block):
                return False
        if at < len(blocks) and seq.distance(blocks[at][0], start) < len(octets):
            return False
        blocks.insert(at, (start, octets))
        return True

    def take(self, rcv_nxt: int) -> bytes:
        """Remove and return the octets in order at `rcv_nxt`; of the rest keep so many blocks."""
        ready = bytearray()
        while self._blocks:
            start, block = self._blocks[0]
            late = seq.distance(rcv_nxt, start) + len(ready)
            if late < 0:
                break
            ready += block[late:]
            del self._blocks[0]
        del self._blocks[self.limit :]
        return bytes(ready)

    def clear(self) -> None:
        """Forget everything."""
        self._blocks.clear()
