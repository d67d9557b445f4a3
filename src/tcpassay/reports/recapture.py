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
    """How many captures were written, and of how many cases not.

    `without` kept no trace to make one from; the trace of those `unread` cannot be read.
    """

    written: int
    without: int
    unread: int


def write_captures(folder: Path, record: RunRecord, archive: Archive) -> Recaptured:
    """Write a capture a case whose trace is there. Raises TcpassayError."""
    written = without = unread = 0
    for case in record.cases:
        if case.result.of_oracle:
            continue
        file = archive.trace(case)
        if file is None:
            without += case.trace is None
            unread += case.trace is not None
            continue
        result = case.result
        name = f"{folder_name(result.target)}/{file_name(result.id, result.ip)}.pcapng"
        octets = capture(file.trace, result, case.alarms)
        write_whole(folder / name, partial(_put, octets))
        written += 1
    return Recaptured(written, without, unread)


def _put(octets: bytes, part: Path) -> None:
    part.write_bytes(octets)
