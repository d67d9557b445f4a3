"""The corpus: cases that have brought something new, for others to be made of.

What a stay may know of is what stays up to 16 before it have found. So a run in many processes has
the same cases as one in a single process, and a case can be had alone.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

from tcpassay.core.content import content_root
from tcpassay.fuzz.sources import STAY
from tcpassay.fuzz.sources.entries import Entry, read_entries
from tcpassay.fuzz.sources.guidance import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tcpassay.fuzz.sources.entries import News
    from tcpassay.fuzz.sources.right import Draw

#: So many stays after its own an entry is known of.
BEHIND = 16
#: Kinds of entries, the rarest first: how often one is drawn, and how many are kept a state.
_RANKS = (("triple", 0.6, 64), ("code", 0.2, 32), ("pair", 0.1, 16), ("seed", 0.1, 96))


class Corpus:
    """Entries by what they have brought and where. `seeds` are there from the start.

    Memory has a bound: of each kind and state the newest are kept.
    """

    def __init__(self, seeds: Iterable[Entry] = ()) -> None:
        #: What is known as of the stay of the last `at`.
        self.known = Coverage()
        #: What will be known besides, by what has come of stays before that one: what it brings of
        #: this is no news by the time that it counts.
        self.coming = Coverage()
        self._stay = 0
        self._folded = -1
        self._pending: dict[int, list[Entry]] = {}
        self._groups: dict[str, dict[str, deque[Entry]]] = {rank: {} for rank, _, _ in _RANKS}
        #: The same groups in order, to draw from.
        self._drawn: dict[str, list[deque[Entry]]] = {rank: [] for rank, _, _ in _RANKS}
        for entry in seeds:
            self._keep("seed", entry)

    @property
    def size(self) -> int:
        """How many entries cases may be made of now."""
        return sum(len(group) for groups in self._drawn.values() for group in groups)

    @property
    def learned(self) -> bool:
        """Whether there is more in it than what was there from the start."""
        return any(self._drawn[rank] for rank, _, _ in _RANKS if rank != "seed")

    def admit(self, entries: Iterable[Entry]) -> None:
        """Take what stays have found. Entries of a stay may come in any order, but only once.

        Raises ValueError for an entry that a stay would have had to know of which is over.
        """
        for entry in entries:
            stay = entry.number // STAY
            if stay <= self._folded:
                msg = f"entry {entry.number} comes behind stay {self._folded + BEHIND}"
                raise ValueError(msg)
            self._pending.setdefault(stay, []).append(entry)
            if stay < self._stay:
                self.coming.add(entry.new)

    def settles(self, until: int) -> None:
        """Stays up to `until` are over, no more comes of them, and each to come may know of them.

        So a long campaign's entries need not all be held at once where they are read again.
        """
        if until > self._folded:
            for stay in [stay for stay in self._pending if stay <= until]:
                for entry in self._pending[stay]:
                    self.coming.add(entry.new)
            self._fold(until)

    def at(self, stay: int) -> Corpus:
        """The corpus as a stay may know it: all that was found up to 16 stays before.

        Raises ValueError for a stay before the last one asked for: what that one knew is no more.
        """
        if stay != self._stay:
            if stay < self._stay:
                msg = f"the corpus is at stay {self._stay}, past {stay}: read it anew"
                raise ValueError(msg)
            for before in [before for before in self._pending if self._stay <= before < stay]:
                for entry in self._pending[before]:
                    self.coming.add(entry.new)
            self._stay = stay
            self._fold(stay - BEHIND)
        return self

    def one(self, draw: Draw) -> Entry | None:
        """One of the entries, the rarer and newer ones rather; None of none."""
        wanted = draw()
        chosen: list[deque[Entry]] = []
        for rank, share, _ in _RANKS:
            groups = self._drawn[rank]
            if groups:
                chosen = groups
                if wanted < share:
                    break
            wanted -= share
        if not chosen:
            return None
        group = chosen[int(draw() * len(chosen))]
        from_newest = draw()
        return group[len(group) - 1 - int(from_newest * from_newest * len(group))]

    def _fold(self, until: int) -> None:
        """Let what stays up to `until` have found be known."""
        for stay in sorted(stay for stay in self._pending if stay <= until):
            for entry in sorted(self._pending.pop(stay), key=lambda entry: entry.number):
                new = self.known.lacks(entry.new)
                if new:
                    self.known.add(new)
                    state = new.triples[-1][0] if new.triples else entry.state
                    self._keep(_rank(new), entry._replace(new=new, state=state))
        self._folded = max(self._folded, until)

    def _keep(self, rank: str, entry: Entry) -> None:
        groups = self._groups[rank]
        group = groups.get(entry.state)
        if group is None:
            most = next(most for name, _, most in _RANKS if name == rank)
            group = groups[entry.state] = deque(maxlen=most)
            self._drawn[rank].append(group)
        group.append(entry._replace(new=type(entry.new)()))


def _rank(new: News) -> str:
    if new.triples:
        return "triple"
    return "code" if new.edges or new.lines else "pair"


def seeds_folder() -> Path:
    """Where the shipped entries lie."""
    return content_root() / "fuzz" / "corpus"


@lru_cache(maxsize=1)
def shipped_seeds() -> Sequence[Entry]:
    """The entries that come with the program. Raises ConfigurationError for a broken file."""
    return tuple(
        entry._replace(number=-1)
        for path in sorted(seeds_folder().glob("*.jsonl"))
        for entry in read_entries(path).entries
    )
