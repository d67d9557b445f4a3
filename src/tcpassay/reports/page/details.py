"""What a cell opens to: everything about one case on each target, as JSON of short keys.

{"at": "file:line", "k": [mutants], "c": {"<column>": cell}, "t": [traces of `evidence`]}
cell: m message, d [[field, got, want]], e expected verdict, r reason, n nature, j {requirement:
letter}, v measured, s printed by the stack, f last frames (where no trace is embedded), a oracle's
alarms [[line, requirement, level, why, allowed, expected]], t index in "t", p trace file, l links
[trace, capture].
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from tcpassay.reports.page import words
from tcpassay.reports.sidebyside import LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tcpassay.conformance.result import Alarm
    from tcpassay.core.json_values import Json
    from tcpassay.core.verdict import Verdict
    from tcpassay.reports.outcomes import Outcome
    from tcpassay.reports.page.column import Column
    from tcpassay.reports.page.evidence import Evidence, Shortened
    from tcpassay.reports.record import CaseRecord

_MOST_FIELDS, _MOST_ALARMS, _MOST_FRAMES, _MOST_VALUES, _MOST_JUDGED = 40, 20, 24, 40, 100


def cell(outcome: Outcome, record: CaseRecord | None) -> dict[str, Json]:
    """All but the trace and links; empty where a plain pass has nothing to tell."""
    told: dict[str, Json] = {}
    if outcome.message:
        told["m"] = words.text(outcome.message)
    if len(set(outcome.judged.values())) > 1:
        told["j"] = _judged(outcome.judged)
    if outcome.measured:
        told["v"] = {
            words.line(name): value if isinstance(value, int) else words.line(_shown(value))
            for name, value in [*outcome.measured.items()][:_MOST_VALUES]
        }
    return told if record is None else {**told, **_recorded(record)}


def _recorded(record: CaseRecord) -> dict[str, Json]:
    result = record.result
    told: dict[str, Json] = {}
    if result.diff:
        told["d"] = [[words.line(text) for text in row] for row in result.diff[:_MOST_FIELDS]]
    if result.expected is not None:
        told["e"] = result.expected.value
    if result.reason:
        told["r"] = words.text(result.reason)
    if result.nature:
        told["n"] = words.line(result.nature)
    if result.stderr:
        told["s"] = words.last(result.stderr)
    if result.frames:
        told["f"] = [words.line(frame) for frame in result.frames[-_MOST_FRAMES:]]
    if record.trace is not None:
        told["p"] = words.line(record.trace)
    return told


def links(column: Column, record: CaseRecord, beside: Path) -> list[str]:
    """Of trace and capture, from a page in the folder `beside`; empty where neither is there."""
    found = [_href(column.link(record, which), beside) for which in ("trace", "capture")]
    return found if any(found) else []


def alarms(record: CaseRecord, found: Evidence | None, kept: Shortened | None) -> list[Json]:
    """What the oracle holds against the trace, each with the line that it speaks of."""
    return [_alarm(alarm, found, kept) for alarm in record.alarms[:_MOST_ALARMS]]


def _alarm(alarm: Alarm, found: Evidence | None, kept: Shortened | None) -> Json:
    at = None if found is None else found.line_of(alarm.event)
    line = None if at is None or kept is None else kept.place(at)
    told = [words.line(each) for each in (alarm.requirement, alarm.level, alarm.why, alarm.allowed)]
    return [line, *told, alarm.as_expected]


def _judged(judged: Mapping[str, Verdict]) -> dict[str, Json]:
    some = [*judged.items()][:_MOST_JUDGED]
    return {words.line(name): LETTERS[verdict] for name, verdict in some}


def _shown(value: float | str) -> str:
    return f"{value:.6g}" if isinstance(value, float) else value


def _href(path: Path | None, beside: Path) -> str:
    """A link that holds as long as the page and the run's folder stay where they are."""
    if path is None:
        return ""
    return quote(os.path.relpath(path.resolve(), beside.resolve()))
