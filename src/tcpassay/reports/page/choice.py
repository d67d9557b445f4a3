"""Whose traces the page embeds, and which of them go first where it would become too large."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from tcpassay.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcpassay.reports.outcomes import Outcome
    from tcpassay.reports.record import CaseRecord

#: The target whose passing trace is shown where there is one.
REFERENCE = "reference"


class Worth(IntEnum):
    """What a trace is worth, most first."""

    UNEXPECTED = 0
    NOT_MET = 1
    DIFFERS = 2
    PASSES = 3


_NOT_MET = frozenset({Verdict.FAIL, Verdict.DEVIATION, Verdict.INCONCLUSIVE, Verdict.ERROR})


def chosen(
    outcomes: Sequence[Outcome | None], records: Sequence[CaseRecord | None], names: Sequence[str]
) -> Mapping[int, Worth]:
    """The columns whose trace of one case is embedded.

    What is no plain pass; every target's where targets differ; else one that passes.
    """
    there = {
        at: (outcome, record)
        for at, (outcome, record) in enumerate(zip(outcomes, records, strict=True))
        if outcome is not None and record is not None and record.trace is not None
    }
    differ = differs([None if outcome is None else outcome.verdict for outcome in outcomes])
    found: dict[int, Worth] = {}
    for at, (outcome, record) in there.items():
        if not outcome.as_expected or any(not alarm.as_expected for alarm in record.alarms):
            found[at] = Worth.UNEXPECTED
        elif outcome.verdict in _NOT_MET or record.alarms:
            found[at] = Worth.NOT_MET
        elif differ or outcome.verdict is not Verdict.PASS:
            found[at] = Worth.DIFFERS
    if not any(_passes(outcomes[at]) for at in found):
        passing = [at for at in there if _passes(outcomes[at])]
        first = min(passing, key=lambda at: names[at] != REFERENCE, default=None)
        if first is not None:
            found[first] = Worth.PASSES
    return found


def differs(verdicts: Sequence[Verdict | None]) -> bool:
    """Whether two targets that could judge it gave another verdict."""
    return len({*verdicts} - {None, Verdict.UNSUPPORTED}) > 1


def _passes(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.verdict is Verdict.PASS
