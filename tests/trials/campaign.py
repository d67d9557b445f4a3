"""Many trials in a row: counted, told, and judged together."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

from tcpref.tcb import State
from tests.trials.duel import Result, try_seed
from tests.trials.fuzzing import BLOCK, BlockResult, try_block
from tests.trials.progress import Progress
from tests.trials.verdict import Outcome

T = TypeVar("T")

#: One schedule in so many may end by R2: more would hide what they were drawn for.
ONE_TIMED_OUT_IN = 1_000
#: KiB by which a process may grow once it is warm: it holds no more after a million datagrams.
MOST_GROWTH = 4_096


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


class Fuzzing:
    """The results of many blocks."""

    def __init__(self) -> None:
        self.visited: Counter[State] = Counter()
        self.broken: list[BlockResult] = []
        self.memory: dict[int, list[int]] = {}

    def add(self, block: BlockResult) -> None:
        """One more."""
        self.visited += block.visited
        self.memory.setdefault(block.process, []).append(block.memory)
        if block.broken:
            self.broken.append(block)

    @property
    def growth(self) -> int:
        """By how many KiB a process grew after its first tenth of the work."""
        return max(held[-1] - held[len(held) // 10] for held in self.memory.values())

    def summary(self) -> str:
        """One line."""
        told = ", ".join(f"{self.visited[state]:,} in {state}" for state in State)
        return (
            f"{self.visited.total():,} datagrams: {told}; {len(self.broken)} blocks broken; "
            f"memory grew by {self.growth:,} KiB"
        )


def duels(seeds: range, jobs: int) -> Duels:
    """Run these schedules on so many processors, with progress on standard error."""
    seen, progress = Duels(), Progress("duels", len(seeds))
    with results(try_seed, seeds, jobs) as coming:
        for result in coming:
            seen.add(result)
            tell(result.broken, result)
            progress.add(1, f", {len(seen.broken)} broken")
    return seen


def fuzzing(seeds: range, jobs: int) -> Fuzzing:
    """Run these blocks on so many processors, with progress on standard error."""
    seen, progress = Fuzzing(), Progress("fuzzed datagrams", len(seeds) * BLOCK)
    with results(try_block, seeds, jobs) as coming:
        for block in coming:
            seen.add(block)
            tell(block.broken, block)
            progress.add(BLOCK, f", {len(seen.broken)} blocks broken")
    return seen


def tell(broken: str, result: object) -> None:
    """A failure is told when it happens, and again at the end."""
    if broken:
        sys.stderr.write(f"{result}\n")


@contextmanager
def results(trial: Callable[[int], T], seeds: Iterable[int], jobs: int) -> Iterator[Iterator[T]]:
    """The result of each seed, as it comes."""
    if jobs == 1:
        yield map(trial, seeds)
        return
    with get_context("fork").Pool(jobs) as pool:
        yield pool.imap_unordered(trial, seeds, chunksize=10)
