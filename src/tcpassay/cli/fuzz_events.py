"""A campaign's events, joined to the record that reports are made from."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from tcpassay.fuzz.happenings import Again, Begun, Counted, Ended, Found, WorkerLost
from tcpassay.reports.fuzz_record import FuzzFinding, FuzzRecord, SourceShare
from tcpassay.reports.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.fuzz.coverage import Triple
    from tcpassay.fuzz.happenings import Happening
    from tcpassay.reports.fuzz_progress import FuzzProgress


class Joined:
    """A listener that keeps the record and shows it. `record` is None before the target lives."""

    def __init__(self, progress: FuzzProgress) -> None:
        self.record: FuzzRecord | None = None
        self._progress = progress
        self._began = 0.0
        self._triples: set[Triple] = set()

    def __call__(self, event: Happening) -> None:
        if isinstance(event, Begun):
            self.record = self._begin(event)
            return
        record = self.record
        assert record is not None  # noqa: S101 - Begun comes first
        match event:
            case Counted():
                self._count(record, event)
            case Found():
                self._found(record, event)
            case Again():
                _again(record, event)
            case WorkerLost():
                self._lost(record, event)
            case Ended():
                record.seconds, record.interrupted = event.seconds, event.interrupted
                record.complete = event.interrupted is None
                return
        record.seconds = time.monotonic() - self._began
        self._progress.show(record)

    def _begin(self, event: Begun) -> FuzzRecord:
        self._began = time.monotonic()
        earlier = event.earlier
        record = FuzzRecord(
            event.target, event.version, event.clock, event.seed, event.folder, event.jobs
        )
        record.sources = [
            SourceShare(name, done, total)
            for (name, total), done in zip(event.sources, earlier.by_source, strict=True)
        ]
        record.cases, record.accepted = earlier.cases, earlier.accepted
        record.alarmed, record.earlier_s = earlier.alarmed, earlier.seconds
        record.findings = [_finding(found) for found in earlier.findings]
        for again in earlier.again:
            _again(record, again)
        self._see(record, earlier.triples)
        for note in event.notes:
            self._progress.say(note)
        what = f"{event.target}: {event.version}, {event.clock} clock, seed {event.seed}"
        if earlier.cases:
            what += f", going on behind {counted(earlier.cases, 'case')}"
        self._progress.say(f"{what}; files in {event.folder}")
        return record

    def _see(self, record: FuzzRecord, triples: Iterable[Triple]) -> None:
        self._triples.update(triples)
        record.triples = len(self._triples)
        record.states = len({state for state, _, _ in self._triples})

    def _count(self, record: FuzzRecord, event: Counted) -> None:
        record.cases += event.cases
        record.session_cases += event.cases
        record.accepted += event.accepted
        record.alarmed += event.alarmed
        record.played_s += event.played_s
        record.spent_s += event.spent_s
        record.sources = [
            source._replace(done=source.done + more)
            for source, more in zip(record.sources, event.by_source, strict=True)
        ]
        if event.triples:
            record.last_new = event.case
            self._see(record, event.triples)

    def _found(self, record: FuzzRecord, event: Found) -> None:
        finding = _finding(event)
        record.findings.append(finding)
        self._progress.found(record, finding)

    def _lost(self, record: FuzzRecord, event: WorkerLost) -> None:
        then = "left out" if event.skipped else "another goes on with it"
        words = f"worker {event.worker} {event.why} at case {event.case}: {then}"
        record.lost.append(words)
        self._progress.say(words)


def _finding(found: Found) -> FuzzFinding:
    requirement, state, input_, answer = found.key
    return FuzzFinding(
        requirement=requirement,
        state=state,
        input=input_,
        answer=answer,
        judge=found.judge,
        level=found.level,
        why=found.why,
        allowed=found.allowed,
        case=found.case,
        origin=found.origin,
        steps=found.steps,
        text=found.text,
        trace=found.trace,
        explained=found.explained,
    )


def _again(record: FuzzRecord, again: Again) -> None:
    counts: dict[tuple[str, ...], int] = dict(again.keys)
    record.dropped += again.dropped
    record.findings = [
        replace(finding, times=finding.times + more) if (more := _of(finding, counts)) else finding
        for finding in record.findings
    ]


def _of(finding: FuzzFinding, counts: dict[tuple[str, ...], int]) -> int:
    key = finding.requirement, finding.state, finding.input, finding.answer
    return counts.get(key, 0)
