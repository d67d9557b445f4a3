"""Many trials in a row: counted, told, and judged together."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context

from tests.trials.duel import Result, try_seed
from tests.trials.progress import Progress
from tests.trials.verdict import Outcome

#: One schedule in so many may end by R2: more would hide what they were drawn for.
ONE_TIMED_OUT_IN = 1_000


class Duels:
    """The results of many schedules."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.broken: list[Result] = []
        self.datagrams = 0

    def add(self, result: Result) -> None:
        """One more."""
        self.outcomes[result.outcome] += 1
        self.datagrams += result.datagrams
        if result.broken:
            self.broken.append(result)

    @property
    def count(self) -> int:
        """How many there are."""
        return self.outcomes.total()

    @property
    def too_many_timed_out(self) -> bool:
        """Whether R2 ended more of them than it may."""
        return self.outcomes[Outcome.TIMED_OUT] > self.count // ONE_TIMED_OUT_IN

    def summary(self) -> str:
        """One line."""
        told = ", ".join(f"{self.outcomes[outcome]:,} {outcome}" for outcome in Outcome)
        return f"{self.count:,} schedules: {told}; {self.datagrams:,} datagrams"


def duels(seeds: range, jobs: int) -> Duels:
    """Run these seeds on so many processors, with progress on standard error."""
    seen, progress = Duels(), Progress("duels", len(seeds))
    with results(seeds, jobs) as coming:
        for result in coming:
            seen.add(result)
            if result.broken:
                sys.stderr.write(f"{result}\n")
            progress.add(1, f", {len(seen.broken)} broken")
    return seen


@contextmanager
def results(seeds: Iterable[int], jobs: int) -> Iterator[Iterator[Result]]:
    """The result of each seed, as it comes."""
    if jobs == 1:
        yield map(try_seed, seeds)
        return
    with get_context("fork").Pool(jobs) as pool:
        yield pool.imap_unordered(try_seed, seeds, chunksize=10)
