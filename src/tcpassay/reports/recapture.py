"""Captures made again from the traces of a run that is over: DIR/<target>/<case>.pcapng."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.whole import write_whole
from tcpassay.reports.files import file_name, folder_name
from tcpassay.reports.pcapng import capture

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.reports.archive import Archive
    from tcpassay.reports.record import RunRecord


class Recaptured(NamedTuple):
    """How many captures were written, and how many cases kept no trace to make one from."""

    written: int
    without: int


def write_captures(folder: Path, record: RunRecord, archive: Archive) -> Recaptured:
    """Write a capture a case whose trace is there. Raises TcpassayError."""
    written = without = 0
    for case in record.cases:
        if case.result.of_oracle:
            continue
        file = archive.trace(case)
        if file is None:
            without += 1
            continue
        result = case.result
        name = f"{folder_name(result.target)}/{file_name(result.id, result.ip)}.pcapng"
        octets = capture(file.trace, result, case.alarms)
        write_whole(folder / name, partial(_put, octets))
        written += 1
    return Recaptured(written, without)


def _put(octets: bytes, part: Path) -> None:
    part.write_bytes(octets)
