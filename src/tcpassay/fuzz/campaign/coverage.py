"""What a campaign has seen in all its stays, for who reports it; what guides it is `guidance`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import Json, array, mapping, whole_number
from tcpassay.fuzz.sources.entries import CELLS, TRIPLES, News, cell, cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tcpassay.fuzz.sources.entries import Line


class Seen:
    """Triples, pairs of them, edges and lines that any stay has seen."""

    def __init__(self) -> None:
        #: How many triples; those that share a cell count as one.
        self.triples = 0
        #: By cells of maps, which do not grow.
        self._triples = bytearray(TRIPLES)
        self._states: set[str] = set()
        self.pairs = bytearray(CELLS)
        self.edges: set[int] = set()
        self.lines: set[Line] = set()

    def add(self, new: News) -> News:
        """Take what a case has brought; what of it nobody had seen."""
        fresh = News(
            tuple(triple for triple in new.triples if not self._triples[cell_of(triple)]),
            tuple(pair for pair in new.pairs if not self.pairs[pair]),
            tuple(edge for edge in new.edges if edge not in self.edges),
            tuple(line for line in new.lines if line not in self.lines),
        )
        for triple in fresh.triples:
            place = cell_of(triple)
            self.triples += not self._triples[place]
            self._triples[place] = 1
            self._states.add(triple[0])
        for pair in fresh.pairs:
            self.pairs[pair] = 1
        self.edges.update(fresh.edges)
        self.lines.update(fresh.lines)
        return fresh

    def copy(self) -> Seen:
        """One that grows by itself."""
        made = Seen()
        made._triples, made.pairs = self._triples.copy(), self.pairs.copy()
        made.triples, made._states = self.triples, self._states.copy()
        made.edges, made.lines = self.edges.copy(), self.lines.copy()
        return made

    @property
    def states(self) -> int:
        """In how many states of the model something has arrived."""
        return len(self._states)


def news_json(number: int, new: News) -> dict[str, Json]:
    """A line of coverage.jsonl: the case, and what nobody had seen before it."""
    made: dict[str, Json] = {"case": number}
    if new.triples:
        made["triples"] = [list(triple) for triple in new.triples]
    if new.pairs:
        made["pairs"] = list(new.pairs)
    if new.edges:
        made["edges"] = list(new.edges)
    if new.lines:
        made["lines"] = [list(line) for line in new.lines]
    return made


def read_coverage(lines: Iterable[Json], path: Path) -> tuple[Seen, int | None]:
    """The lines of coverage.jsonl, and the last case that brought something new.

    Raises ConfigurationError that names the file and the line.
    """
    seen, last = Seen(), -1
    for number, line in enumerate(lines, 1):
        try:
            form = mapping(line)
            last = max(last, whole_number(form["case"]))
            seen.add(_news(form))
        except (KeyError, TypeError, ValueError) as error:
            msg = f"{path}:{number}: not what a case has seen ({type(error).__name__}: {error})"
            raise ConfigurationError(msg) from None
    return seen, last if last >= 0 else None


def _news(form: dict[str, Json]) -> News:
    triples = []
    for triple in array(form.get("triples", [])):
        state, input_, answer = array(triple)
        triples.append((str(state), str(input_), str(answer)))
    lines = []
    for line in array(form.get("lines", [])):
        file, place = array(line)
        lines.append((str(file), whole_number(place)))
    pairs = tuple(cell(pair) for pair in array(form.get("pairs", [])))
    edges = tuple(whole_number(edge) for edge in array(form.get("edges", [])))
    return News(tuple(triples), pairs, edges, tuple(lines))
