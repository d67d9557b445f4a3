"""One column of the page: a target's outcomes, and the way to their evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tcpassay.reports.outcomes import Outcome
from tcpassay.reports.record import CaseRecord, RunRecord
from tcpassay.wire.tracefile import TraceFile

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.reports.archive import Archive
    from tcpassay.reports.outcomes import TargetOutcomes

#: The trace of a case; None where there is none, or none that can be read.
Read = Callable[[CaseRecord], TraceFile | None]
#: Where a case's "trace" or "capture" lies; None where it does not.
Link = Callable[[CaseRecord, str], "Path | None"]


def _no_trace(_case: CaseRecord) -> TraceFile | None:
    return None


def _no_link(_case: CaseRecord, _which: str) -> Path | None:
    return None


@dataclass(frozen=True, slots=True)
class Column:
    """A target's outcomes; `record` None where they are a baseline's, which tells no more."""

    outcomes: TargetOutcomes
    record: RunRecord | None = None
    read: Read = _no_trace
    link: Link = _no_link

    @property
    def named(self) -> tuple[str, ...]:
        """The words for the target on a command line."""
        name = self.outcomes.name
        return (name,) if self.record is None else self.record.named(name)

    def records(self) -> dict[str, CaseRecord]:
        """What the run tells of each case, by the key of its outcome."""
        if self.record is None:
            return {}
        return {key_of(case): case for case in self.record.of(self.outcomes.name)}


def key_of(case: CaseRecord) -> str:
    """The key of a case's outcome."""
    result = case.result
    return Outcome(result.id, result.ip, result.verdict, result.requirements).key


def columns_of(archive: Archive) -> list[Column]:
    """A column a target, with its traces and captures where they are there."""
    if archive.record is None:
        return [Column(outcomes) for outcomes in archive.outcomes]
    return [
        Column(outcomes, archive.record, archive.trace, archive.link)
        for outcomes in archive.outcomes
    ]
