"""One column of the page: a target's outcomes, and the way to their evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError
from tcpassay.reports.outcomes import Outcome
from tcpassay.reports.record import CaseRecord, RunRecord
from tcpassay.wire import tracefile
from tcpassay.wire.tracefile import TraceFile

if TYPE_CHECKING:
    from pathlib import Path

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

    def records(self) -> dict[str, CaseRecord]:
        """What the run tells of each case, by the key of its outcome."""
        if self.record is None:
            return {}
        return {key_of(case): case for case in self.record.of(self.outcomes.name)}


def key_of(case: CaseRecord) -> str:
    """The key of a case's outcome."""
    result = case.result
    return Outcome(result.id, result.ip, result.verdict, result.requirements).key


def in_folder(outcomes: TargetOutcomes, record: RunRecord, root: Path) -> Column:
    """A target of the run whose files lie in `root`; nothing outside of it is read or linked."""
    return Column(outcomes, record, partial(_read, root), partial(_link, root))


def _read(root: Path, case: CaseRecord) -> TraceFile | None:
    path = _link(root, case, "trace")
    try:
        return None if path is None else tracefile.load(path)
    except ConfigurationError:
        return None


def _link(root: Path, case: CaseRecord, which: str) -> Path | None:
    name = case.trace if which == "trace" else case.capture
    if name is None:
        return None
    path = root / name
    try:
        within = path.resolve().is_relative_to(root.resolve()) and path.is_file()
    except (OSError, ValueError):
        return None
    return path if within else None
