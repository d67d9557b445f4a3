"""A run that is over: its record, and the traces and captures of its cases wherever they lie."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tcpassay.core.errors import ConfigurationError
from tcpassay.reports.baseline import baseline_in
from tcpassay.reports.outcomes import outcomes_of
from tcpassay.reports.read import read
from tcpassay.reports.text import counted, one_line
from tcpassay.wire import tracefile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tcpassay.core.json_values import Json
    from tcpassay.reports.outcomes import TargetOutcomes
    from tcpassay.reports.record import CaseRecord, RunRecord
    from tcpassay.wire.tracefile import TraceFile

#: Octets of a trace file; a longer one is taken for a mistake.
LONGEST_TRACE: Final = 16 << 20


class Archive:
    """What is left of a run, read from a folder, a run.json, a run.jsonl, a bundle or a baseline.

    A trace that is named but cannot be read costs no report: it is left out, and `troubles` says
    why.
    """

    def __init__(
        self,
        outcomes: list[TargetOutcomes],
        record: RunRecord | None = None,
        folder: Path | None = None,
        traces: Mapping[str, Json] | None = None,
    ) -> None:
        """`folder` is what the record's paths are relative to, `traces` those of a bundle."""
        self.outcomes = outcomes
        self.record = record
        self._folder = folder
        self._traces = traces
        self._unreadable: dict[str, None] = {}
        self._absent: dict[str, None] = {}

    @classmethod
    def open(cls, path: Path) -> Archive:
        """Read what is in `path`. Raises ConfigurationError for what is none of these."""
        baseline = baseline_in(path)
        if baseline is not None:
            return cls([baseline])
        stored = read(path)
        return cls(outcomes_of(stored.record), stored.record, stored.folder, stored.traces)

    @property
    def troubles(self) -> list[str]:
        """What could not be read so far: a line a trace, and one for all that are not there."""
        if not self._absent:
            return [*self._unreadable]
        where = "the bundle" if self._traces is not None else f"{self._folder or 'any folder'}"
        absent = (
            f"{counted(len(self._absent), 'trace')} of the record not in {where}, "
            f"{next(iter(self._absent))} for one; name the run's own folder"
        )
        return [*self._unreadable, one_line(absent)]

    def unreadable(self, why: object) -> None:
        """Add a line to `troubles`, once."""
        self._unreadable[one_line(str(why))] = None

    @property
    def folder(self) -> Path | None:
        """The run's folder, for commands that name its files; None where no traces lie there."""
        there = self._folder is not None and (self._folder / "traces").is_dir()
        return self._folder if there and self._traces is None else None

    def trace(self, case: CaseRecord) -> TraceFile | None:
        """The trace of a case; None where none was kept, or none that can be read."""
        value = self.trace_json(case)
        if value is None:
            return None
        try:
            return tracefile.from_json(value, str(case.trace))
        except ConfigurationError as error:
            self.unreadable(error)
            return None

    def trace_json(self, case: CaseRecord) -> Json:
        """The same as it is in its file, unread."""
        if case.trace is None:
            return None
        if self._traces is not None and case.trace in self._traces:
            return self._traces[case.trace]
        file = self.link(case, "trace") if self._traces is None else None
        if file is None:
            self._absent[case.trace] = None
            return None
        try:
            if file.stat().st_size > LONGEST_TRACE:
                self.unreadable(f"{file}: left out: longer than {LONGEST_TRACE} octets")
                return None
            value: Json = json.loads(file.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            self.unreadable(f"{file}: not a trace: {error}")
            return None
        return value

    def link(self, case: CaseRecord, which: str) -> Path | None:
        """The "trace" or "capture" of a case, where that file is there.

        A path that leads out of the folder is none.
        """
        name = case.trace if which == "trace" else case.capture
        if name is None or self._folder is None:
            return None
        path = self._folder / name
        try:
            inside = path.resolve().is_relative_to(self._folder.resolve()) and path.is_file()
        except (OSError, ValueError):
            return None
        return path if inside else None
