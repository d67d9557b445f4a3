"""The run record, version 1: what every report is rendered from (reports/schema/run-v1.json)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import tcpassay
from tcpassay.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tcpassay.conformance.result import (
        Alarm,
        CaseResult,
        NotRun,
        StaleExpectation,
        TargetInfo,
        TargetNotStarted,
    )
    from tcpassay.core.json_values import Json

SCHEMA = 1
#: The version of bundles, which hold a record and its traces in one file.
BUNDLE = 1


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case's result and where its trace and capture lie, relative to the run's folder.

    `alarms` are what the oracle holds against its trace.
    """

    result: CaseResult
    trace: str | None = None
    capture: str | None = None
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as far as it is known; `complete` is false where the end is missing (a kill)."""

    seed: int
    started: str
    targets: tuple[TargetInfo, ...]
    cases: tuple[CaseRecord, ...]
    totals: Mapping[str, Mapping[Verdict, int]]
    wall_s: float = 0.0
    tool: str = f"tcpassay {tcpassay.__version__}"
    planned: Mapping[str, int] = field(default_factory=dict)
    not_started: tuple[TargetNotStarted, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    stale: tuple[StaleExpectation, ...] = ()
    interrupted: str | None = None
    complete: bool = True

    def of(self, target: str) -> list[CaseRecord]:
        """The cases of one target, in the order of their ids."""
        cases = [case for case in self.cases if case.result.target == target]
        return sorted(cases, key=lambda case: (case.result.id, case.result.ip))

    def named(self, target: str) -> tuple[str, ...]:
        """The words for a target on a command line; its name where the record has no others."""
        words = (each.named for each in self.targets if each.name == target)
        return next(words, ()) or (target,)

    @property
    def ending(self) -> str:
        """How a run that was not let to its end is told, with how far it came; else empty."""
        if self.complete and not self.interrupted:
            return ""
        ended = sum(not case.result.of_oracle for case in self.cases)
        how = f"interrupted by {self.interrupted}" if self.interrupted else "cut short"
        return f"{how}: {ended} of {sum(self.planned.values())} cases ended"

    def unexpected(self) -> list[CaseRecord]:
        """What the gate objects to, in the order of targets and ids."""
        names = [target.name for target in self.targets]
        return [case for name in names for case in self.of(name) if not case.result.as_expected]


def count(cases: Iterable[CaseRecord]) -> dict[str, dict[Verdict, int]]:
    """How often each target showed each verdict in a case; entries of the oracle are none."""
    totals: dict[str, dict[Verdict, int]] = {}
    for case in cases:
        if case.result.of_oracle:
            continue
        of_target = totals.setdefault(case.result.target, dict.fromkeys(Verdict, 0))
        of_target[case.result.verdict] += 1
    return totals


def header_json(record: RunRecord) -> dict[str, Json]:
    """What is known before the first case ends: the first line of run.jsonl."""
    name, _, version = record.tool.partition(" ")
    return {
        "schema": SCHEMA,
        "tool": {"name": name, "version": version},
        "seed": record.seed,
        "started": record.started,
        "targets": [_target_json(target) for target in record.targets],
        "planned": {**record.planned},
        "not_run": [
            {"target": left.target, "case": left.case, "reason": left.reason}
            for left in record.not_run
        ],
    }


def end_json(record: RunRecord) -> dict[str, Json]:
    """What is known when the last case has ended: the last line of run.jsonl."""
    return {
        "totals": {
            target: {verdict.value: number for verdict, number in counts.items()}
            for target, counts in record.totals.items()
        },
        "wall_s": round(record.wall_s, 6),
        "stale": [
            {
                "target": stale.target,
                "case": stale.case,
                "file": stale.file,
                "line": stale.line,
                "why": stale.why,
            }
            for stale in record.stale
        ],
        "interrupted": record.interrupted,
        "complete": record.complete,
    }


def record_json(record: RunRecord) -> dict[str, Json]:
    """The whole record, as `--json` writes it."""
    return {
        **header_json(record),
        "not_started": [not_started_json(target) for target in record.not_started],
        "cases": [case_json(case) for case in record.cases],
        **end_json(record),
    }


def not_started_json(target: TargetNotStarted) -> dict[str, Json]:
    """A target that never started."""
    return {"target": target.target, "reason": target.reason, "skipped": target.skipped}


def case_json(case: CaseRecord) -> dict[str, Json]:
    """One case of the record."""
    result = case.result
    return {
        "id": result.id,
        "target": result.target,
        "ip": result.ip,
        "title": result.title,
        "location": {"file": result.location.file, "line": result.location.line},
        "requirements": list(result.requirements),
        "judged": {requirement: verdict.value for requirement, verdict in result.judged.items()},
        "verdict": result.verdict.value,
        "as_expected": result.as_expected,
        "expected": result.expected.value if result.expected else None,
        "reason": result.reason,
        "nature": result.nature,
        "message": result.message,
        "diff": [{"field": row.field, "got": row.got, "want": row.want} for row in result.diff],
        "frames": list(result.frames),
        "measured": {name: _number(value) for name, value in result.measured.items()},
        "wall_s": round(result.wall_s, 6),
        "stack_s": round(result.stack_s, 6),
        "lag_s": round(result.lag_s, 6),
        "stderr": result.stderr,
        "trace": case.trace,
        "capture": case.capture,
        "alarms": [_alarm_json(alarm) for alarm in case.alarms],
    }


def _alarm_json(alarm: Alarm) -> dict[str, Json]:
    return {
        "event": alarm.event,
        "requirement": alarm.requirement,
        "level": alarm.level.value,
        "why": alarm.why,
        "allowed": alarm.allowed,
        "ruled_out": list(alarm.ruled_out),
        "as_expected": alarm.as_expected,
    }


def _target_json(target: TargetInfo) -> dict[str, Json]:
    return {
        "name": target.name,
        "title": target.title,
        "version": target.version,
        "clock": target.clock,
        "capabilities": list(target.capabilities),
        "named": list(target.named),
    }


def _number(value: float | str) -> float | int | str:
    """JSON has no infinity: a number that is not finite is written as text."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
