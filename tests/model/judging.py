"""Many exchanges judged by the oracle: what it alarms at, with the command that replays it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcpassay.model.oracle import judge_trace
from tests.model.random_exchange import exchange

if TYPE_CHECKING:
    from tcpassay.model.oracle import Violation

#: The set of hypotheses is never larger.
MOST_HYPOTHESES = 64


@dataclass(frozen=True, slots=True)
class Judged:
    """One exchange: how many entries its trace has, the peak of the set, what was alarmed at."""

    seed: int
    entries: int
    peak: int
    violations: tuple[Violation, ...]

    @property
    def broken(self) -> str:
        """What the oracle alarmed at first; empty where at nothing."""
        return str(self.violations[0]) if self.violations else ""

    def __str__(self) -> str:
        replay = f"python -m tests.model --seed {self.seed}"
        return f"seed {self.seed}: {self.broken}; replay with `{replay}`"


def try_seed(seed: int) -> Judged:
    """One exchange with the reference stack, judged."""
    trace, limits = exchange(seed)
    report = judge_trace(trace, limits)
    return Judged(seed, len(trace), report.peak, tuple(report.violations))
