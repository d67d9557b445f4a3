"""The sweep: every place x every single edit of one segment, then every pair of edits.

Nothing is held but the edits themselves: a case is found from its number by arithmetic. Single
edits come first; each of the two orders is a shuffle, so that a short run sees a fair sample.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from math import isqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.clock import NS_PER_MS, NS_PER_S
from tcpassay.fuzz.cases.steps import FuzzCase, Wait
from tcpassay.fuzz.sources.edits import Edit, before, edited, edits_of
from tcpassay.fuzz.sources.places import BASES, ENDS, PLACES
from tcpassay.fuzz.sources.shuffle import Shuffle

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.steps import Step
    from tcpassay.fuzz.sources.places import Place
    from tcpassay.targets.contract import IpVersion

#: Where the clock is ours: a delayed ACK, time-outs of retransmission, 2 MSL of 2 minutes.
DELAYED_ACK, TIME_OUTS, TWO_MSL = 600 * NS_PER_MS, 5 * NS_PER_S, 250 * NS_PER_S


class Share(NamedTuple):
    """How much of one part of a source is done: `done` of `total` "single edits"."""

    what: str
    done: int
    total: int

    def __str__(self) -> str:
        if not self.done:
            return f"{self.what} 0 of {_count(self.total)}"
        percent = 100 * self.done / self.total
        if self.total < _MILLION:
            return f"{self.what} {self.done:,} of {self.total:,}"
        return f"{self.what} {percent:.2g} % of {_count(self.total)}"


_MILLION: Final = 1_000_000


def _count(number: int) -> str:
    return f"{number:,}" if number < _MILLION else f"{number / _MILLION:,.1f} M"


class _Cell(NamedTuple):
    """One place and one base segment, and the edits there."""

    place: Place
    base: str
    edits: tuple[Edit, ...]


def _cells() -> tuple[_Cell, ...]:
    return tuple(
        _Cell(place, base, edits_of(base, app=place.app, listener=place.listener))
        for place in PLACES
        for base in BASES
    )


_CELLS: Final = _cells()


class Sweep:
    """A countable source of cases: `total` of them, each with a number below it.

    `patient` adds waits, for virtual clocks: without it no case waits at all. With `capabilities`
    given, places to which a target without some of them cannot be brought are left out.
    """

    name = "sweep"

    def __init__(
        self,
        seed: int = 0,
        *,
        ip: IpVersion = 4,
        patient: bool = False,
        capabilities: frozenset[str] | None = None,
    ) -> None:
        self._cells = tuple(
            cell for cell in _CELLS if capabilities is None or cell.place.needs <= capabilities
        )
        sizes = [len(cell.edits) for cell in self._cells]
        #: Where the single edits and the pairs of each cell begin.
        self._of_singles = (0, *accumulate(sizes))
        self._of_pairs = (0, *accumulate(size * (size - 1) // 2 for size in sizes))
        self.singles, self.pairs = self._of_singles[-1], self._of_pairs[-1]
        self.total: int | None = self.singles + self.pairs
        self._ip = ip
        self._patient = patient
        self._single = Shuffle(self.singles, f"{seed}:single")
        self._pair = Shuffle(self.pairs, f"{seed}:pair")

    def case(self, number: int) -> FuzzCase:
        """The case of a number. Raises IndexError for one that is not below `total`."""
        if number < self.singles:
            at = self._single.at(number)
            which = bisect_right(self._of_singles, at) - 1
            cell = self._cells[which]
            edits: tuple[Edit, ...] = (cell.edits[at - self._of_singles[which]],)
        else:
            at = self._pair.at(number - self.singles)
            which = bisect_right(self._of_pairs, at) - 1
            cell = self._cells[which]
            edits = _pair(cell, at - self._of_pairs[which])
        how = ENDS[(at + which) % len(ENDS)]
        return self._case(cell, edits, how)

    def shares(self, done: int) -> tuple[Share, ...]:
        """What the first `done` cases are shares of."""
        singles = min(done, self.singles)
        return (
            Share("single edits", singles, self.singles),
            Share("pairs", done - singles, self.pairs),
        )

    def _case(self, cell: _Cell, edits: tuple[Edit, ...], how: str) -> FuzzCase:
        place = cell.place
        wait = self._patient
        middle = tuple(_edited_steps(cell, edits))
        steps: tuple[Step, ...] = (
            *place.steps,
            *middle,
            *((Wait(DELAYED_ACK),) if wait else ()),
            *place.follow(),
            *((Wait(TIME_OUTS),) if wait else ()),
            *place.end(how),
            *((Wait(TWO_MSL),) if wait else ()),
        )
        return FuzzCase(steps, f"sweep/{place.name}/{_told(cell.base, edits)}", self._ip)


def _pair(cell: _Cell, rank: int) -> tuple[Edit, Edit]:
    """The pair of a rank: pairs (i, j) with i < j, ordered by j and then i."""
    later = (isqrt(8 * rank + 1) + 1) // 2
    first = rank - later * (later - 1) // 2
    return cell.edits[first], cell.edits[later]


def _alone(edits: tuple[Edit, ...]) -> bool:
    """Whether two edits are of one field, so that each has a segment of its own."""
    return len(edits) > 1 and edits[0].field == edits[1].field


def _edited_steps(cell: _Cell, edits: tuple[Edit, ...]) -> list[Step]:
    place = cell.place
    base = place.base(cell.base)
    steps: list[Step] = []
    step = base
    for edit in edits:
        if edit.field == "before":
            steps += before(edit, place)
        elif _alone(edits):
            steps.append(edited(base, edit, place))
        else:
            step = edited(step, edit, place)
    return steps if _alone(edits) and edits[0].field != "before" else [*steps, step]


def _told(base: str, edits: tuple[Edit, ...]) -> str:
    """`ACK seq=rcv.nxt-1, window=0`; `ACK seq=rcv.nxt-1; ACK seq=rcv.nxt+1` of two segments."""
    first = [str(edit) for edit in edits if edit.field == "before"]
    fields = [str(edit) for edit in edits if edit.field != "before"]
    if _alone(edits) and fields:
        return "; ".join(f"{base} {text}" for text in fields)
    return "; ".join([*first, f"{base} {', '.join(fields)}".strip()])
