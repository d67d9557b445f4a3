"""What is known of a target's behaviour, and what a case has added to it.

Four things count: triples of model state, input class and answer class; pairs of consecutive ones,
kept as cells of a small map; edges of the stack's code by how often they were taken, as a
sanitizer's counters have them; lines of a stack that is interpreted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.sources.entries import CELLS, TRIPLES, News, cell_of, number_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from tcpassay.fuzz.sources.entries import Line, Triple

#: Triples whose numbers are remembered.
_MOST_IDS = 1 << 12
#: Counts fall into classes: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more. A bit each.
_CLASS_ENDS = (1, 2, 3, 7, 15, 31, 127, 255)
CLASSES = bytes(
    1 << next(k for k, end in enumerate(_CLASS_ENDS) if count <= end) if count else 0
    for count in range(256)
)


class Coverage:
    """A set of news."""

    __slots__ = ("edges", "lines", "pairs", "triples")

    def __init__(self) -> None:
        self.triples = bytearray(TRIPLES)
        self.pairs = bytearray(CELLS)
        #: Bit 8 * place + class.
        self.edges = 0
        self.lines: set[Line] = set()

    def lacks(self, new: News) -> News:
        """Of `new` what is not in it."""
        return News(
            tuple(triple for triple in new.triples if not self.triples[cell_of(triple)]),
            tuple(cell for cell in new.pairs if not self.pairs[cell]),
            tuple(edge for edge in new.edges if not self.edges >> edge & 1),
            tuple(line for line in new.lines if line not in self.lines),
        )

    def add(self, new: News) -> None:
        """What is new is known from here on."""
        for triple in new.triples:
            self.triples[cell_of(triple)] = 1
        for cell in new.pairs:
            self.pairs[cell] = 1
        if new.edges:
            self.edges |= _bits(new.edges)
        self.lines.update(new.lines)


class Guidance:
    """Tells what is new in the cases of a stay, against what the stay may know of and itself.

    Costs about 5 us a case, and 10 us more for every 8,000 counters.
    """

    def __init__(self) -> None:
        self._own = Coverage()
        self._ids: dict[Triple, int] = {}
        self._counters = b""

    def begins(self) -> None:
        """A stay begins: nothing of the last one is known, and the stack's counters are at 0."""
        self._own = Coverage()
        self._counters = b""

    def knows(self, new: News) -> None:
        """The stay has seen this already."""
        self._own.add(new)

    def restarted(self) -> None:
        """A fresh stack within the stay: its counters are at 0."""
        self._counters = b""

    def news(
        self,
        known: Coverage,
        triples: Sequence[Triple],
        counters: bytes | None = None,
        lines: AbstractSet[Line] = frozenset(),
    ) -> News:
        """What neither `known` nor the stay has seen; from now on the stay has.

        `counters` are as of the case's end, counted modulo 256 since the stack's start.
        """
        own = self._own
        fresh: list[Triple] = []
        pairs: list[int] = []
        last = 0
        ids = self._ids
        for triple in triples:
            this = ids.get(triple) or self._id(triple)
            cell = this & (TRIPLES - 1)
            if not known.triples[cell] and not own.triples[cell]:
                fresh.append(triple)
                own.triples[cell] = 1
            cell = (last ^ this) & (CELLS - 1)
            if not known.pairs[cell] and not own.pairs[cell]:
                pairs.append(cell)
                own.pairs[cell] = 1
            last = this >> 3
        edges = self._edges(known, counters) if counters else ()
        unseen = tuple(sorted(lines - known.lines - own.lines)) if lines else ()
        own.lines.update(unseen)
        return News(tuple(fresh), tuple(pairs), edges, unseen)

    def _id(self, triple: Triple) -> int:
        if len(self._ids) >= _MOST_IDS:
            self._ids.clear()
        made = self._ids[triple] = number_of(triple)
        return made

    def _edges(self, known: Coverage, counters: bytes) -> tuple[int, ...]:
        ran = _difference(counters, self._counters).translate(CLASSES)
        self._counters = counters
        unseen = int.from_bytes(ran, "little") & ~(known.edges | self._own.edges)
        if not unseen:
            return ()
        self._own.edges |= unseen
        return tuple(
            8 * place + bit
            for place, octet in enumerate(unseen.to_bytes(len(ran), "little"))
            if octet
            for bit in range(8)
            if octet >> bit & 1
        )


def _difference(now: bytes, before: bytes) -> bytes:
    """Octet by octet `now` less `before`, modulo 256; all of `now` where they do not fit."""
    size = len(now)
    if len(before) != size:
        return now
    a, b = int.from_bytes(now, "little"), int.from_bytes(before, "little")
    if a == b:
        return bytes(size)
    high = int.from_bytes(b"\x80" * size, "little")
    low = high ^ ((1 << 8 * size) - 1)
    # The top bit of each octet is kept out of the subtraction, so that none borrows of the next.
    return (((a | high) - (b & low)) ^ ((a ^ ~b) & high)).to_bytes(size, "little")


def _bits(edges: Sequence[int]) -> int:
    octets = bytearray(max(edges) // 8 + 1)
    for edge in edges:
        octets[edge >> 3] |= 1 << (edge & 7)
    return int.from_bytes(octets, "little")
