"""What a run's results mean to whoever waits for its exit status."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpassay.core.verdict import Verdict

if TYPE_CHECKING:
    from tcpassay.conformance.result import CaseResult, StaleExpectation

ALL_AS_EXPECTED = 0
UNEXPECTED = 1
TESTER_FAULT = 3
TARGET_NOT_STARTED = 4
NOTHING_RAN = 5
_BY_SIGNAL = {"SIGINT": 130, "SIGTERM": 143}


@dataclass(slots=True)
class Tally:
    """What has happened so far, counted as it happens."""

    totals: dict[str, dict[Verdict, int]] = field(default_factory=dict)
    unexpected: int = 0
    errors: int = 0
    ran: int = 0
    not_started: int = 0
    skipped: int = 0

    def add(self, result: CaseResult) -> None:
        """Count one result; an entry of the oracle is no case that ran."""
        self.errors += result.verdict is Verdict.ERROR
        self.unexpected += not result.as_expected
        if result.of_oracle:
            return
        totals = self.totals.setdefault(result.target, {})
        totals[result.verdict] = totals.get(result.verdict, 0) + 1
        self.ran += 1

    def add_not_started(self, *, skipped: bool) -> None:
        """Count a target that never started."""
        if skipped:
            self.skipped += 1
        else:
            self.not_started += 1


def exit_code(
    tally: Tally,
    stale: tuple[StaleExpectation, ...],
    interrupted: str | None,
    *,
    gate: bool,
) -> int:
    """The process's exit status, worst first: a signal, 3, 4, 1, 5, 0.

    A run in which every target was skipped on request ends with 0.
    """
    if interrupted is not None:
        return _BY_SIGNAL.get(interrupted, 130)
    if tally.errors:
        return TESTER_FAULT
    if tally.not_started:
        return TARGET_NOT_STARTED
    if gate and (tally.unexpected or stale):
        return UNEXPECTED
    if not tally.ran and not tally.skipped:
        return NOTHING_RAN
    return ALL_AS_EXPECTED
