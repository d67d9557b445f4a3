"""The way from a campaign's loop into boofuzz and back: stays whose cases boofuzz makes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tcpassay.fuzz.boofuzz_front.connection import Connection
from tcpassay.fuzz.boofuzz_front.session import Session
from tcpassay.fuzz.boofuzz_front.source import BoofuzzCases
from tcpassay.fuzz.playing.stay import Stay

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcpassay.fuzz.boofuzz_front.depth import Depth
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.playing.stay import Ran
    from tcpassay.targets.contract import Target


class Front:
    """One session, and the numbers of its cases (`source`). A process has one of its own."""

    def __init__(self, depth: Depth = 1, capabilities: frozenset[str] | None = None) -> None:
        self.source = BoofuzzCases(depth, capabilities)
        self.connection = Connection()
        self.session = Session(self.connection, self.source.places)
        self.session.total_num_mutations = self.source.total
        self.session.start_time = time.time()

    def stay(self, target: Target, judge: Judge, seed: int) -> FrontStay:
        """What a stay of any other source is, with boofuzz before it."""
        return FrontStay(self, target, judge, seed)

    def run(self, number: int) -> None:
        """Let boofuzz make case `number` and send it to the connection."""
        self.session.run(number, self.source.draw(number))


class FrontStay(Stay):
    """A stay that plays what boofuzz renders, case by case in its own loop."""

    def __init__(self, front: Front, target: Target, judge: Judge, seed: int) -> None:
        super().__init__(target, judge, seed)
        self._front = front
        self._next: tuple[int, FuzzCase] | None = None
        self._running: Iterator[Ran] = iter(())

    def run(self, cases: Iterable[tuple[int, FuzzCase]]) -> Iterator[Ran]:
        """Each case by its number; what boofuzz makes of it is the case.

        Raises what starting a stack raises.
        """
        connection = self._front.connection
        self._running = super().run(self._feed())
        for number, _ in cases:
            connection.play = self._play
            self._front.run(number)
            if connection.ran is not None:
                yield connection.ran
        self._next = None
        yield from self._running

    def _feed(self) -> Iterator[tuple[int, FuzzCase]]:
        while self._next is not None:
            yield self._next

    def _play(self, number: int, case: FuzzCase) -> Ran:
        self._next = number, case
        return next(self._running)
