"""Octets that arrived ahead of their turn (RFC 9293, 3.10.7.4; SHLD-31).

Blocks are kept sorted and apart. Where two segments bring the same octet, the copy that came
first stays, so the octets handed on never depend on a later, perhaps forged, copy. Of too many
blocks those nearest to RCV.NXT stay: what is due next is never refused, and the rest comes again.
"""

from __future__ import annotations

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
