"""Many exchanges judged by the oracle: what it alarms at, with the command that replays it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpassay.model.oracle import judge_trace
from tests.model.random_exchange import exchange

if TYPE_CHECKING:
    from tcpassay.model.oracle import Violation

#: The set of hypotheses is never larger, even before some of it are let go: one exchange in a few
#: hundred has six segments in a row that may each have been taken or not.
MOST_HYPOTHESES = 128


@dataclass(frozen=True, slots=True)
class Judged:
    """One exchange: how many entries its trace has, the peak of the set, what was alarmed at.

    `expected` are the alarms that the target's expectations explain, by what they say.
    """

    seed: int
    entries: int
    peak: int
    violations: tuple[Violation, ...]
    expected: Counter[str] = field(default_factory=Counter)
    target: str = "reference"

    @property
    def broken(self) -> str:
        """What the oracle alarmed at first; empty where at nothing."""
        return str(self.violations[0]) if self.violations else ""

    def __str__(self) -> str:
        target = "" if self.target == "reference" else f" --target {self.target}"
        replay = f"python -m tests.model{target} --seed {self.seed}"
        return f"seed {self.seed}: {self.broken}; replay with `{replay}`"


def try_seed(seed: int) -> Judged:
    """One exchange with the reference stack, judged."""
    trace, limits = exchange(seed)
    report = judge_trace(trace, limits)
    return Judged(seed, len(trace), report.peak, tuple(report.violations))
