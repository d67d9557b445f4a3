"""The listener that turns run events into the run record and the files beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from tcpassay.conformance.result import (
    CaseEnded,
    CaseStarted,
    RunEnded,
    RunEvent,
    RunStarted,
    TargetNotStarted,
)
from tcpassay.core.errors import TcpassayError
from tcpassay.core.verdict import Verdict
from tcpassay.reports import pcapng
from tcpassay.reports.files import file_name, write_text
from tcpassay.reports.record import (
    CaseRecord,
    RunRecord,
    case_json,
    count,
    end_json,
    header_json,
    not_started_json,
    record_json,
)
from tcpassay.wire import tracefile

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult
    from tcpassay.core.json_values import Json
    from tcpassay.core.trace import Trace
    from tcpassay.reports.files import OutputFolder

#: Hears of everything that happens in a run, one event at a time.
Listener = Callable[[RunEvent], None]

Keep = Literal["always", "fail", "never"]

_NOTHING_TO_SEE = frozenset({Verdict.PASS, Verdict.INFO, Verdict.UNSUPPORTED})


class Recorder:
    """Keeps the record of a run and writes it as it goes: a kill loses the cases in flight.

    `keep` says whose captures are written: of every case, of those that did not pass, of none.
    Traces of cases that did not pass are always written: a replay needs them; rows of the matrix
    that did as expected are left out of both unless `keep` says always. `every_trace`: those of
    all cases, for a page that shows what passes beside what does not, and captures made again. A
    file that cannot be written costs no verdict: the first such error is kept in `trouble`.
    """

    def __init__(
        self, folder: OutputFolder | None, keep: Keep = "fail", *, every_trace: bool = False
    ) -> None:
        self.record = RunRecord(0, "", (), (), {}, complete=False)
        self.trouble: TcpassayError | None = None
        self._folder = folder
        self._keep = keep
        self._every_trace = every_trace
        self._cases: list[CaseRecord] = []

    def __call__(self, event: RunEvent) -> None:
        match event:
            case RunStarted():
                self._begin(event)
            case TargetNotStarted():
                self.record = replace(self.record, not_started=(*self.record.not_started, event))
                self._append("not_started", not_started_json(event))
            case CaseStarted():
                pass
            case CaseEnded():
                self._end_case(event)
            case RunEnded():
                self._end(event)

    def last(self, result: CaseResult) -> CaseRecord:
        """The record of the case that ended last; of `result` alone where none has."""
        return self._cases[-1] if self._cases else CaseRecord(result)

    def _begin(self, event: RunStarted) -> None:
        self.record = replace(
            self.record,
            seed=event.seed,
            started=event.started,
            targets=event.targets,
            planned=event.planned,
            not_run=event.not_run,
        )
        self._append("header", header_json(self.record))

    def _end_case(self, event: CaseEnded) -> None:
        written = CaseRecord(event.result, alarms=event.alarms)
        if event.trace is not None and self._folder is not None:
            written = self._with_files(self._folder, written, event.trace)
        self._cases.append(written)
        self._append("case", case_json(written))

    def _with_files(self, folder: OutputFolder, case: CaseRecord, trace: Trace) -> CaseRecord:
        result = case.result
        telling = result.verdict not in _NOTHING_TO_SEE or not result.as_expected
        telling = telling or bool(case.alarms)
        if result.as_expected and result.id.startswith("matrix/"):
            telling = False  # Explained in a class of hundreds, and replayed from its id.
        always = self._keep == "always"
        name = f"{result.target}/{file_name(result.id, result.ip)}"
        trace_file = capture_file = None
        try:
            if telling or always or self._every_trace:
                put = partial(tracefile.dump, trace, info=_info(result))
                trace_file = folder.write(f"traces/{name}.json", put)
            if always or (telling and self._keep == "fail"):
                packets = partial(
                    pcapng.write_capture, trace=trace, result=result, alarms=case.alarms
                )
                capture_file = folder.write(f"captures/{name}.pcapng", packets)
        except TcpassayError as error:
            self.trouble = self.trouble or error
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            told = TcpassayError(f"{name}: its files cannot be written: {said}; please report it")
            self.trouble = self.trouble or told
        return replace(case, trace=trace_file, capture=capture_file)

    def _end(self, event: RunEnded) -> None:
        self.record = replace(
            self.record,
            cases=tuple(self._cases),
            totals=event.totals or count(self._cases),
            wall_s=event.wall_s,
            stale=event.stale,
            interrupted=event.interrupted,
            complete=True,
        )
        self._append("end", end_json(self.record))

    def _append(self, kind: str, value: dict[str, Json]) -> None:
        if self._folder is None or self.trouble is not None:
            return
        try:
            self._folder.append(json.dumps({kind: value}, ensure_ascii=False, allow_nan=False))
        except TcpassayError as error:
            self.trouble = error


def _info(result: CaseResult) -> dict[str, object]:
    """What the trace file says about the case beside what happened."""
    return {
        "verdict": result.verdict.value,
        "requirements": list(result.requirements),
        "message": result.message,
    }


def write_json(path: Path, record: RunRecord) -> None:
    """The whole record as one JSON file. Raises TcpassayError where it cannot be written."""
    write_text(path, json.dumps(record_json(record), indent=1, ensure_ascii=False) + "\n")
