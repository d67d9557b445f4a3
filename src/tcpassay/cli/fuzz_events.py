"""A campaign's events, joined to the record that reports are made from."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tcpassay.core.errors import TcpassayError
from tcpassay.fuzz.campaign.coverage import Seen
from tcpassay.fuzz.campaign.happenings import (
    Again,
    Begun,
    Counted,
    Ended,
    Found,
    Hinted,
    Reading,
    WorkerLost,
)
from tcpassay.fuzz.cases.notation import step_text
from tcpassay.reports.fuzz_record import FuzzFinding, FuzzHint, FuzzRecord, SourceShare
from tcpassay.reports.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcpassay.fuzz.campaign.happenings import Happening
    from tcpassay.reports.fuzz_progress import FuzzProgress


class Joined:
    """A listener that keeps the record and shows it."""

    def __init__(self, progress: FuzzProgress, reasons: Mapping[str, str], named: str) -> None:
        """`reasons` has what each entry of the target's expectations says, by its glob.

        `named` is how the command line named the target.
        """
        self._record: FuzzRecord | None = None
        self._reasons = reasons
        self._named = named
        self._progress = progress
        self._began = 0.0
        self._seen = Seen()

    @property
    def record(self) -> FuzzRecord:
        """What has been told so far. Raises TcpassayError before Begun, which comes first."""
        if self._record is None:
            raise TcpassayError("the campaign has told of something before it had begun")
        return self._record

    def __call__(self, event: Happening) -> None:
        if isinstance(event, Reading):
            self._progress.say(f"reading what {counted(event.cases, 'case')} have found")
            return
        if isinstance(event, Begun):
            self._record = self._begin(event)
            return
        record = self.record
        match event:
            case Counted():
                self._count(record, event)
            case Found():
                self._found(record, event)
            case Again():
                _again(record, event)
            case Hinted():
                self._hinted(record, event)
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
        record.named = self._named
        record.sources = [
            SourceShare(name, done, total)
            for (name, total), done in zip(event.sources, earlier.by_source, strict=True)
        ]
        record.cases, record.accepted = earlier.cases, earlier.accepted
        record.alarmed, record.earlier_s = earlier.alarmed, earlier.seconds
        record.findings = [self._finding(found) for found in earlier.findings]
        for again in earlier.again:
            _again(record, again)
        self._seen, record.last_new = earlier.seen.copy(), earlier.last_new
        self._show_seen(record)
        for note in event.notes:
            self._progress.say(note)
        what = f"{event.target}: {event.version}, {event.clock} clock, seed {event.seed}"
        if earlier.cases:
            what += f", going on behind {counted(earlier.cases, 'case')}"
        self._progress.say(f"{what}; files in {event.folder}")
        return record

    def _show_seen(self, record: FuzzRecord) -> None:
        seen = self._seen
        record.states, record.triples = seen.states, seen.triples
        record.edges, record.lines = len(seen.edges), len(seen.lines)

    def _count(self, record: FuzzRecord, event: Counted) -> None:
        record.cases += event.cases
        record.session_cases += event.cases
        record.accepted += event.accepted
        record.alarmed += event.alarmed
        record.played_s += event.played_s
        record.spent_s += event.spent_s
        record.replayed_s += event.replayed_s
        record.sources = [
            source._replace(done=source.done + more)
            for source, more in zip(record.sources, event.by_source, strict=True)
        ]
        for entry in event.entries:
            if self._seen.add(entry.new):
                record.last_new = max(record.last_new or 0, entry.number)
        if event.entries:
            self._show_seen(record)

    def _found(self, record: FuzzRecord, event: Found) -> None:
        """Two workers may have found the same at once."""
        finding = self._finding(event)
        known = [each for each in record.findings if each.trace == finding.trace]
        if known:
            known[0].times += 1
            return
        record.findings.append(finding)
        self._progress.found(record, finding)

    def _finding(self, found: Found) -> FuzzFinding:
        finding = found.finding
        alarm = finding.alarm
        return FuzzFinding(
            requirement=finding.requirement,
            others=finding.others,
            symptom=alarm.key.requirement,
            state=alarm.key.state,
            input=alarm.key.input,
            answer=alarm.key.answer,
            key=tuple(finding.key),
            judge=alarm.judge,
            level=alarm.level.value,
            why=alarm.why,
            allowed=alarm.allowed,
            case=finding.number,
            origin=finding.case.origin,
            steps=len(finding.minimal.steps),
            text=tuple(step_text(step) for step in finding.minimal.steps),
            trace=found.trace,
            explained=alarm.explained,
            reason=self._reasons.get(alarm.explained, ""),
            suite=finding.cases,
            ip=finding.minimal.ip,
        )

    def _hinted(self, record: FuzzRecord, event: Hinted) -> None:
        hint = event.hint
        if any((each.input, each.answers) == hint.key for each in record.hints):
            return
        record.hints.append(FuzzHint(event.case, str(hint), *hint))
        self._progress.say(f"differs: case {event.case:,}, {hint}")

    def _lost(self, record: FuzzRecord, event: WorkerLost) -> None:
        then = "left out" if event.skipped else "another goes on with it"
        words = f"worker {event.worker} {event.why} at case {event.case}: {then}"
        record.lost.append(words)
        self._progress.say(words)


def _again(record: FuzzRecord, again: Again) -> None:
    record.dropped += again.dropped
    counts: dict[tuple[str, ...], int] = dict(again.keys)
    entries = dict(again.explained)
    for finding in record.findings:
        if finding.explained:
            finding.times += entries.get(finding.explained, 0)
        else:
            finding.times += counts.get(finding.key, 0)
