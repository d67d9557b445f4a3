"""What is not as expected as GitHub's workflow commands: a note beside the line that it is about.

`::error file=F,line=N,title=T::MESSAGE`, a line each on standard output of a step. GitHub shows ten
of a kind a step; the others are counted in one notice. Where the repository has no such file, as
with the built-in cases of an action from elsewhere, the message names the place.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcpassay.conformance.result import Location
from tcpassay.reports.failure import MOST_LINES, difference_table, expected_words
from tcpassay.reports.folding import root, worst_first
from tcpassay.reports.text import counted, first_lines, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.result import CaseResult
    from tcpassay.reports.failure import Describe
    from tcpassay.reports.record import RunRecord

#: Errors that GitHub shows of one step.
MOST: Final = 10

_TITLE = 200
#: Characters of a message; GitHub takes 64 KiB.
_MESSAGE = 8000


def workflow_commands(
    record: RunRecord, describe: Describe, base: Path | None = None
) -> Iterator[str]:
    """The commands, one a line, the worst first. `base` is where the repository lies.

    Nothing that a target said can end a command or begin another one.
    """
    every = [*_of_targets(record), *_of_cases(record, describe, base), *_of_stale(record, base)]
    yield from every[:MOST]
    if len(every) > MOST:
        more = counted(len(every) - MOST, "more trouble")
        yield _command("notice", f"{more}: the report has them all", title="tcpassay")


def _of_targets(record: RunRecord) -> Iterator[str]:
    for absent in record.not_started:
        if not absent.skipped:
            yield _command("error", one_line(absent.reason), title=f"{absent.target}: not started")


def _of_cases(record: RunRecord, describe: Describe, base: Path | None) -> Iterator[str]:
    for result in (case.result for case in worst_first(record.unexpected())):
        version = " over IPv6" if result.ip == 6 else ""
        title = f"{result.target}: {result.verdict}, expected {expected_words(result)}: {result.id}"
        message = "\n".join(_told(result, describe))
        yield _beside(result.location, message, title + version, base)


def _told(result: CaseResult, describe: Describe) -> Iterator[str]:
    if result.message:
        yield from first_lines(result.message, MOST_LINES)
    yield from difference_table(result.diff)
    yield one_line(describe(root(result)))


def _of_stale(record: RunRecord, base: Path | None) -> Iterator[str]:
    for stale in record.stale:
        message = one_line(f"{stale.case} on {stale.target}: {stale.why}")
        yield _beside(Location(stale.file, stale.line), message, "stale expectation", base)


def _beside(place: Location, message: str, title: str, base: Path | None) -> str:
    """An error at a place in the repository, else with the place before its message."""
    file = _below(place.file, base)
    if file is None:
        return _command("error", f"{one_line(place.file)}:{place.line}: {message}", title=title)
    return _command("error", message, file=file, line=str(place.line), title=title)


def _below(file: str, base: Path | None) -> str | None:
    """A file as the repository at `base` knows it; None where it has no such file."""
    if base is None:
        return file
    path = Path(os.path.normpath(base / file))
    try:
        there = path.is_relative_to(base) and path.is_file()
    except (OSError, ValueError):  # a record may say anything: this is no file's name
        return None
    return str(path.relative_to(base)) if there else None


def _command(name: str, message: str, **properties: str) -> str:
    """One command. `%`, line ends, and in properties `:` and `,`, are spelt as the runner reads."""
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_data(message[:_MESSAGE])}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text, _TITLE)).replace(":", "%3A").replace(",", "%2C")
