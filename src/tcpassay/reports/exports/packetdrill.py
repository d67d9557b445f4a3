"""A trace in packetdrill's notation, with what it shows as comments.

Lines without a form there (expectations, steps of a clock, what the stack printed) are comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.reports.exports.what import about
from tcpassay.reports.text import one_line
from tcpassay.wire.notation import Notation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.core.trace import Entry
    from tcpassay.wire.tracefile import TraceFile

_SPOKEN = frozenset({"send", "receive", "call", "return"})


def packetdrill_text(file: TraceFile) -> str:
    """The text of the script."""
    return "".join(f"{one_line(line)}\n" for line in _lines(file))


def _lines(file: TraceFile) -> Iterator[str]:
    what = about(file)
    yield f"// {what.title}"
    yield f"// {what.verdict}"
    if what.allowed:
        yield f"// allowed: {what.allowed}"
    lines = Notation().numbered(file.trace)
    marked = _line_of(lines, what.culprit)
    for place, (entry, line) in enumerate(lines):
        if place == marked:
            yield f"// here: {what.verdict}"
        yield line if entry.kind in _SPOKEN else f"// {line}"


def _line_of(lines: list[tuple[Entry, str]], culprit: int | None) -> int | None:
    """The line that holds an entry."""
    if culprit is None:
        return None
    return max((at for at, (entry, _) in enumerate(lines) if entry.n <= culprit), default=None)
