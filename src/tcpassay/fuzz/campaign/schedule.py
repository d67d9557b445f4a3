"""Which source a case of a campaign comes from, by arithmetic: sources take turns by their shares.

A stay is made of blocks of 32 cases, each of one source; a source that has an end gives its part to
the others when it is reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.fuzz.sources import STAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.sources import Source

BLOCK = 32
#: Stays that are remembered, for workers that are beside each other.
_REMEMBERED = 64


class Share(NamedTuple):
    """A source, and how much of the campaign it gets beside the others."""

    source: Source
    weight: int

    def __str__(self) -> str:
        total = self.source.total
        of = "no end" if total is None else f"{total} cases"
        return f"{self.source.name}, {of}, share {self.weight}"


class Turn(NamedTuple):
    """So many cases of a source, by its place among the sources, from its number `first` on."""

    place: int
    first: int
    cases: int


class Schedule:
    """The sources of a campaign, case by case.

    A source without end is asked for the campaign's own numbers: what it knows depends on the stay
    that asks. One with an end is asked for 0, 1, 2...
    """

    def __init__(self, shares: Sequence[Share]) -> None:
        self.shares = tuple(shares)
        self.sources = tuple(share.source for share in shares)
        totals = [source.total for source in self.sources]
        self.total = None if None in totals else sum(filter(None, totals))
        self._left: list[int | None] = []
        self._restart()

    def turns(self, stay: int) -> tuple[Turn, ...]:
        """What a stay consists of; empty behind the last case."""
        if stay not in self._known:
            if stay < self._next:
                self._restart()
            while self._next <= stay:
                self._known[self._next] = tuple(self._stay(self._next))
                self._known.pop(self._next - _REMEMBERED, None)
                self._next += 1
        return self._known[stay]

    def cases(self, stay: int, first: int = 0) -> Iterator[tuple[int, int, FuzzCase]]:
        """Cases of a stay from its `first` on: number, place of the source, case."""
        number = stay * STAY
        for place, start, count in self.turns(stay):
            for at in range(start, start + count):
                if number >= stay * STAY + first:
                    yield number, place, self.sources[place].case(at)
                number += 1

    def counts(self, stay: int, cases: int) -> list[int]:
        """Cases of each source among the first `cases` of a stay."""
        counts = [0] * len(self.sources)
        for place, _, count in self.turns(stay):
            counts[place] += min(count, cases)
            cases -= min(count, cases)
        return counts

    def case(self, number: int) -> FuzzCase:
        """One case of the campaign. Raises IndexError behind the last."""
        at = number % STAY
        for place, start, count in self.turns(number // STAY):
            if at < count:
                return self.sources[place].case(start + at)
            at -= count
        raise IndexError(number)

    def _restart(self) -> None:
        self._next = 0
        self._known: dict[int, tuple[Turn, ...]] = {}
        self._left = [source.total for source in self.sources]
        self._credit = [0] * len(self.sources)

    def _stay(self, stay: int) -> Iterator[Turn]:
        number, end = stay * STAY, (stay + 1) * STAY
        while number < end:
            place = self._whose()
            if place is None:
                return
            left = self._left[place]
            if left is None:
                count = min(BLOCK, end - number)
                yield Turn(place, number, count)
            else:
                count = min(BLOCK, end - number, left)
                total = self.sources[place].total or 0
                yield Turn(place, total - left, count)
                self._left[place] = left - count
            number += count

    def _whose(self) -> int | None:
        """The source whose turn it is: smooth weighted round robin."""
        able = [place for place, left in enumerate(self._left) if left != 0]
        if not able:
            return None
        credit = self._credit
        for place in able:
            credit[place] += self.shares[place].weight
        best = max(able, key=lambda place: (credit[place], -place))
        credit[best] -= sum(self.shares[place].weight for place in able)
        return best
