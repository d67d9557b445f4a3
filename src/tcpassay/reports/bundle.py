"""A bundle: a run record and its traces as one file, from which every report can be made again.

{"report": 1, "record": {... run record, version 1 ...},
"traces": {
"traces/linux/rfc5961__4.2__syn.json": {... trace, version 1 ...}
}}

reports/schema/report-v1.json. Whatever reads a run record reads a bundle as well.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tcpassay.core.json_values import Json
from tcpassay.core.whole import write_whole
from tcpassay.reports.record import BUNDLE, record_json
from tcpassay.reports.text import cut

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcpassay.reports.archive import Archive
    from tcpassay.reports.record import RunRecord

#: Characters of a text in the record that are kept: a target may have printed without end.
LONGEST_TEXT: Final = 16_384


def write_bundle(path: Path, record: RunRecord, archive: Archive) -> int:
    """Write a record with what `archive` has of its traces; how many those are.

    A trace at a time is in memory. Raises TcpassayError where the file cannot be written.
    """
    written = 0

    def put(part: Path) -> None:
        nonlocal written
        with part.open("w", encoding="ascii") as file:
            head = json.dumps(bounded(record_json(record)), allow_nan=False)
            file.write(f'{{"report": {BUNDLE}, "record": {head},\n"traces": {{')
            for written, line in enumerate(_lines(record, archive), 1):
                file.write(f"{',' if written > 1 else ''}\n{line}")
            file.write("\n}}\n")

    write_whole(path, put)
    return written


def bounded(value: Json) -> Json:
    """The same value with every text in it cut to `LONGEST_TEXT` characters."""
    match value:
        case str():
            return cut(value, LONGEST_TEXT)
        case list():
            return [bounded(each) for each in value]
        case dict():
            return {cut(name, LONGEST_TEXT): bounded(each) for name, each in value.items()}
        case _:
            return value


def _lines(record: RunRecord, archive: Archive) -> Iterator[str]:
    """A line a trace that is there."""
    seen: set[str] = set()
    for case in record.cases:
        if case.trace is None or case.trace in seen:
            continue
        seen.add(case.trace)
        value = archive.trace_json(case)
        try:
            text = None if value is None else json.dumps(value, allow_nan=False)
        except ValueError as error:
            archive.unreadable(f"{case.trace}: not JSON: {error}")
            continue
        if text is not None:
            yield f"{json.dumps(cut(case.trace, LONGEST_TEXT))}: {text}"
