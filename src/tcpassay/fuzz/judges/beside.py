"""The judges beside the oracle, around one stack: between its cases, and at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.fuzz.judges.budget import Budget
from tcpassay.fuzz.judges.leaks import Leaks
from tcpassay.fuzz.judges.service import Service
from tcpassay.fuzz.judges.storms import storm_alarms
from tcpassay.fuzz.judges.text import integrity_alarms
from tcpassay.fuzz.judges.weight import Weight, weigh
from tcpassay.fuzz.playing.player import Player
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.inprocess import InProcessStack
from tcpassay.targets.process import ProcessStack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.trace import Entry
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.judges.signs import Sign
    from tcpassay.targets.contract import IpVersion, Stack, Target

#: Cases between two looks at the canary and a new connection: 3 % of the time at most.
EVERY = 64

Like = tuple["IpVersion", tuple[str, ...]]


class Left(NamedTuple):
    """What a stack leaves at its end: signs, and how much heavier it is than when it was fresh."""

    signs: list[Sign]
    fresh: Weight | None
    now: Weight | None

    @property
    def heavier(self) -> int:
        """In the unit of the weights; 0 where nobody can tell."""
        return self.now.amount - self.fresh.amount if self.now and self.fresh else 0


class Beside:
    """One stack with its player and its judges. What they do raises StackFault and AgentFault."""

    def __init__(self, target: Target, like: Like, seed: int) -> None:
        manifest = target.manifest
        options = StackOptions(seed=seed, ip=like[0], settings=like[1], spare=True, coverage=True)
        self.stack: Stack = target.start(options)
        self.budget = Budget(manifest.name) if isinstance(self.stack, InProcessStack) else None
        try:
            self.player = Player(self.stack, manifest, seed, *like, budget=self.budget)
            self._leaks = Leaks(self.stack, manifest.limits.msl_s)
            self._service = Service(self.stack, manifest, self.player, seed, like, self.budget)
            if self.budget is not None:
                self.budget.start()
            self._fresh = weigh(self.stack)
            self._service.begin()
        except BaseException:
            self.close()
            raise
        self._since = 0

    def case(self, entries: Sequence[Entry], case: FuzzCase) -> list[Alarm]:
        """What is to be said of a case by its own entries."""
        self._since += 1
        return [*integrity_alarms(entries), *storm_alarms(entries, len(case.steps))]

    def counters(self) -> bytes | None:
        """Which code has run since the stack's start, where somebody counts."""
        return self.stack.coverage() if isinstance(self.stack, ProcessStack) else None

    @property
    def due(self) -> bool:
        """Whether it is time to look at the stack."""
        return self._since >= EVERY

    def look(self) -> list[Sign]:
        """Whether the stack still serves."""
        self._since = 0
        return self._service.look()

    def settle(self) -> list[Sign]:
        """Let everything end that has been reset or closed, and see what is left."""
        return self._leaks.left(self._service.wait)

    def weigh(self) -> Weight | None:
        """What the stack holds now."""
        return weigh(self.stack)

    def leave(self) -> Left:
        """Look once more, end everything, and see what is left. No case may follow."""
        signs = self.look()
        self._service.end()
        signs += self.settle()
        return Left(signs, self._fresh, self.weigh())

    def close(self) -> None:
        """Let the stack go; may be called twice."""
        if self.budget is not None:
            self.budget.stop()
        self.stack.close()


def like_of(case: FuzzCase) -> Like:
    """What a stack must be for a case."""
    return case.ip, case.settings
