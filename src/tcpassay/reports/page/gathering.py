"""The details of every case, with the traces that are chosen for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.killed import load_table
from tcpassay.reports.page import words
from tcpassay.reports.page.choice import chosen
from tcpassay.reports.page.details import alarms, cell, links
from tcpassay.reports.page.evidence import evidence
from tcpassay.reports.page.packing import Packed, compact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tcpassay.core.json_values import Json
    from tcpassay.model.edges import Edge
    from tcpassay.reports.outcomes import Outcome
    from tcpassay.reports.page.choice import Worth
    from tcpassay.reports.page.column import Column
    from tcpassay.reports.record import CaseRecord


class Gathered(NamedTuple):
    """`cases` in the order of the page's, `walked` the edges of the traces in each column.

    `elsewhere` counts the traces that lie in the runs' folders alone, `unread` those that belong
    here and cannot be read.
    """

    cases: list[Packed]
    walked: list[Counter[Edge]]
    elsewhere: int
    unread: int


def gather(
    columns: Sequence[Column],
    keys: Sequence[str],
    records: Sequence[Mapping[str, CaseRecord]],
) -> Gathered:
    """Read what the page embeds, wherever it will lie: 3 to 6 ms a trace."""
    kills = _kills()
    walked: list[Counter[Edge]] = [Counter() for _ in columns]
    names = [column.outcomes.name for column in columns]
    cases: list[Packed] = []
    kept = belong = 0
    for key in keys:
        outcomes = [column.outcomes.cases.get(key) for column in columns]
        recorded = [of_target.get(key) for of_target in records]
        case = Packed(_details(key, recorded, kills), {})
        here = chosen(outcomes, recorded, names)
        for at, worth in here.items():
            _embed(case, at, worth, columns[at], recorded[at], walked[at])
        belong += len(here)
        kept += sum(record is not None and record.trace is not None for record in recorded)
        _tell(case, outcomes, recorded)
        cases.append(case)
    embedded = sum(len(case.traces) for case in cases)
    return Gathered(cases, walked, elsewhere=kept - belong, unread=belong - embedded)


def linked(
    cases: Sequence[Packed],
    columns: Sequence[Column],
    keys: Sequence[str],
    records: Sequence[Mapping[str, CaseRecord]],
    beside: Path,
) -> list[Packed]:
    """The same cases for a page in the folder `beside`, with links to their files."""
    found = []
    for key, case in zip(keys, cases, strict=True):
        cells = dict(case.cells)
        for at, (column, of_target) in enumerate(zip(columns, records, strict=True)):
            if key in of_target and (hrefs := links(column, of_target[key], beside)):
                cells[at] = {**cells[at], "l": [*hrefs]}
        found.append(replace(case, cells=cells))
    return found


def _kills() -> Mapping[str, tuple[str, ...]]:
    return load_table().killers()


def _details(
    key: str, records: Sequence[CaseRecord | None], kills: Mapping[str, tuple[str, ...]]
) -> dict[str, Json]:
    details: dict[str, Json] = {}
    result = next((record.result for record in records if record is not None), None)
    if result is not None:
        details["at"] = words.line(f"{result.location.file}:{result.location.line}")
    case_id = key if result is None else result.id
    if case_id in kills:
        details["k"] = [*kills[case_id]]
    return details


def _embed(
    case: Packed,
    at: int,
    worth: Worth,
    column: Column,
    record: CaseRecord | None,
    walked: Counter[Edge],
) -> None:
    file = None if record is None else column.read(record)
    if record is None or file is None:
        return
    found = evidence(file, real=column.outcomes.clock == "real")
    lines = [found.line_of(alarm.event) for alarm in record.alarms]
    value, kept = found.packed(line for line in lines if line is not None)
    case.traces[at] = (worth, compact(value))
    walked.update(found.walked)
    if record.alarms:
        case.cells[at] = {"a": alarms(record, found, kept)}


def _tell(
    case: Packed,
    outcomes: Sequence[Outcome | None],
    records: Sequence[CaseRecord | None],
) -> None:
    for at, (outcome, record) in enumerate(zip(outcomes, records, strict=True)):
        if outcome is None:
            continue
        told = cell(outcome, record)
        if record is not None and record.alarms and at not in case.cells:
            told["a"] = alarms(record, None, None)
        case.cells[at] = {**told, **case.cells.get(at, {})}
