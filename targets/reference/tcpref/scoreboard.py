"""What the peer holds beyond SND.UNA, as its SACK options tell (RFC 2018, 5; RFC 6675, 4).

Reported octets stay in the send buffer until they are acknowledged: until then the peer may still
throw them away (RFC 2018, 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq

if TYPE_CHECKING:
    from collections.abc import Iterable

#: So many reported blocks above an octet, or more octets than one segment less, mark it as lost.
DUP_THRESH = 3

#: Sequence numbers of a reported block, and one past it.
Block = tuple[int, int]


class Scoreboard:
    """Reported blocks between SND.UNA and SND.NXT: sorted, apart, none empty."""

    __slots__ = ("blocks",)

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def update(self, reported: Iterable[Block], una: int, nxt: int) -> bool:
        """Update(): mark what a SACK option reports; whether any of it is new.

        A block that lies below SND.UNA reports a duplicate (RFC 2883). One that ends beyond
        SND.NXT or before it starts reports what was never sent. Both are passed over.
        """
        new = False
        flight = seq.distance(nxt, una)
        for left, right in reported:
            start, end = seq.distance(left, una), seq.distance(right, una)
            if start < end and 0 < end <= flight:
                new |= self._mark(max(0, start), end, una)
        return new

    def news(self, reported: Iterable[Block], una: int, nxt: int) -> list[Block]:
        """What a SACK option reports that has not been reported before, block by block."""
        found = []
        flight = seq.distance(nxt, una)
        for left, right in reported:
            start, end = seq.distance(left, una), seq.distance(right, una)
            if start < end and 0 < end <= flight:
                at = seq.add(una, max(0, start))
                while (hole := self.hole(at, right)) is not None:
                    found.append(hole)
                    at = hole[1]
        return found

    def _mark(self, start: int, end: int, una: int) -> bool:
        """Join `start` to `end`, octets beyond SND.UNA, with the blocks that they touch."""
        kept: list[Block] = []
        known = 0
        joined_start, joined_end = start, end
        for left, right in self.blocks:
            first, last = seq.distance(left, una), seq.distance(right, una)
            if last < start or first > end:
                kept.append((left, right))
            else:
                known += max(0, min(last, end) - max(first, start))
                joined_start, joined_end = min(joined_start, first), max(joined_end, last)
        kept.append((seq.add(una, joined_start), seq.add(una, joined_end)))
        kept.sort(key=lambda block: seq.distance(block[0], una))
        self.blocks = kept
        return known < end - start

    def acknowledge(self, una: int) -> None:
        """SND.UNA has moved: what lies below it is no longer of interest."""
        self.blocks = [
            (left if seq.after(left, una) else una, right)
            for left, right in self.blocks
            if seq.after(right, una)
        ]

    def reported(self, start: int, end: int) -> int:
        """How many octets from `start` to `end` have been reported."""
        size = seq.distance(end, start)
        total = 0
        for left, right in self.blocks:
            first = max(0, seq.distance(left, start))
            total += max(0, min(size, seq.distance(right, start)) - first)
        return total

    def missing(self, start: int, end: int) -> int:
        """How many octets from `start` to `end` have not been reported; 0 for none between."""
        size = seq.distance(end, start)
        return size - self.reported(start, end) if size > 0 else 0

    def hole(self, start: int, end: int) -> Block | None:
        """The first octets from `start` on, and below `end`, that have not been reported."""
        for left, right in self.blocks:
            if seq.after(left, start):
                end = left if seq.before(left, end) else end
                break
            if seq.after(right, start):
                start = right
        return (start, end) if seq.before(start, end) else None

    def lost_below(self, una: int, mss: int) -> int:
        """IsLost(): every octet below this number that has not been reported counts as lost.

        Above it are DupThresh blocks, or more than (DupThresh - 1) * SMSS reported octets.
        """
        octets = 0
        for count, (left, right) in enumerate(reversed(self.blocks), 1):
            octets += seq.distance(right, left)
            if count == DUP_THRESH or octets > (DUP_THRESH - 1) * mss:
                return left
        return una

    def highest(self, una: int) -> int:
        """One past the highest octet that has been reported; `una` where none has."""
        return self.blocks[-1][1] if self.blocks else una


#: For all connections of which nothing has been reported. It is never marked.
NOTHING_REPORTED = Scoreboard()
