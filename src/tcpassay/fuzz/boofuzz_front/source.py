"""boofuzz's cases by their numbers: the same cases in the same order as boofuzz's own loop."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from boofuzz.mutation_context import MutationContext

from tcpassay.fuzz.boofuzz_front.installed import require_boofuzz
from tcpassay.fuzz.boofuzz_front.relative import case_of
from tcpassay.fuzz.boofuzz_front.request import segments
from tcpassay.fuzz.sources.places import PLACES

if TYPE_CHECKING:
    from boofuzz.mutation import Mutation

    from tcpassay.fuzz.boofuzz_front.depth import Depth
    from tcpassay.fuzz.boofuzz_front.request import Relative
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.sources.places import Place


class Drawn(NamedTuple):
    """What a number stands for: a segment at a place, and what is wrong with it."""

    place: Place
    segment: str
    edits: tuple[Mutation, ...]


class BoofuzzCases:
    """A countable source: at each place each segment with all single edits, then with all pairs.

    Numbers count from 0, boofuzz's own indices from 1. The lists of values are boofuzz's, so its
    version is part of the name. With `capabilities` it is of places that they lead to.
    """

    def __init__(self, depth: Depth = 1, capabilities: frozenset[str] | None = None) -> None:
        self.name = f"boofuzz {require_boofuzz()}"
        self._fields = tuple(_Fields(request) for request in segments())
        self.places = tuple(
            place for place in PLACES if capabilities is None or place.needs <= capabilities
        )
        cells = [(place, fields) for place in self.places for fields in self._fields]
        self._cells = cells
        self._singles = (0, *accumulate(len(fields.edits) for _, fields in cells))
        self._pairs = (0, *accumulate(fields.pairs[-1] for _, fields in cells))
        self.singles = self._singles[-1]
        self.total: int | None = self.singles + (self._pairs[-1] if depth > 1 else 0)

    def draw(self, number: int) -> Drawn:
        """What a number stands for. Raises IndexError for one behind the last."""
        if not 0 <= number < (self.total or 0):
            raise IndexError(number)
        pairs = number >= self.singles
        begins, at = (self._pairs, number - self.singles) if pairs else (self._singles, number)
        which = bisect_right(begins, at) - 1
        place, fields = self._cells[which]
        at -= begins[which]
        return Drawn(place, fields.name, fields.pair(at) if pairs else (fields.edits[at],))

    def case(self, number: int) -> FuzzCase:
        """The case of a number from 0 on. Raises IndexError behind the last."""
        place, segment, edits = self.draw(number)
        told = ", ".join(f"{edit.qualified_name}:{edit.index}" for edit in edits)
        request = next(fields.request for fields in self._fields if fields.name == segment)
        rendered = request.render(MutationContext(mutations=edits))
        return case_of(f"{place.name}->{segment}:[{told}]", rendered)


class _Fields:
    """The mutations of a request, in its order; those of one field stand together."""

    def __init__(self, request: Relative) -> None:
        self.request = request
        self.name: str = request.name
        self.edits: list[Mutation] = []
        #: For each mutation, where those of the fields behind its own begin.
        self._behind: list[int] = []
        for item in request.stack:
            found = [mutation for (mutation,) in item.get_mutations()]
            self.edits += found
            self._behind += [len(self.edits)] * len(found)
        count = len(self.edits)
        self.pairs = (0, *accumulate(count - behind for behind in self._behind))

    def pair(self, at: int) -> tuple[Mutation, Mutation]:
        """A pair of edits of two fields: by the first, then by the second."""
        first = bisect_right(self.pairs, at) - 1
        return self.edits[first], self.edits[self._behind[first] + at - self.pairs[first]]
