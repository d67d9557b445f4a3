"""One case's story in plain text: what was wanted, what came, the last frames, how to see it again.

The console, JUnit and pytest show the same lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tcpassay.core.verdict import Verdict
from tcpassay.reports.again import again
from tcpassay.reports.text import counted, first_lines, last_lines, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult
    from tcpassay.core.trace import FieldDiff
    from tcpassay.reports.record import CaseRecord

#: A requirement's id with its level and text, as a reader wants to see it.
Describe = Callable[[str], str]

_LAST_FRAMES = 12
_LAST_LINES = 8
#: Lines of a message, and rows of a table, that are shown.
MOST_LINES: Final = 40
#: Characters of a value in a table.
_WIDEST = 400


def heading(result: CaseResult) -> str:
    """Target, id and, where the verdict was not the expected one, what was expected."""
    version = " over IPv6" if result.ip == 6 else ""
    wanted = "" if result.as_expected else f" (expected {expected_words(result)})"
    return one_line(f"{result.target}  {result.id}{version}{wanted}")


def expected_words(result: CaseResult) -> str:
    """The verdict that the target's expectations name."""
    return str(result.expected) if result.expected else "pass"


def story(
    case: CaseRecord, named: Sequence[str], describe: Describe, out: Path | None
) -> list[str]:
    """Everything about a case that did not go as expected, one printable line an element.

    `named` are the words for its target on a command line, `out` the run's folder.
    """
    result = case.result
    lines = [f"stimulus     {one_line(result.title)}"]
    lines += [f"requirement  {one_line(describe(name))}" for name in _blamed(result)]
    lines.append(f"case         {one_line(result.location.file)}:{result.location.line}")
    if result.reason:
        lines.append(f"expectation  {one_line(result.explanation)}")
    lines += [f"{'message' if n == 0 else '':13}{text}" for n, text in _numbered(result.message)]
    lines += difference_table(result.diff)
    if result.frames:
        lines += ["last frames", *(f"  {one_line(f)}" for f in result.frames[-_LAST_FRAMES:])]
    if result.stderr:
        last = last_lines(result.stderr, _LAST_LINES)
        whose = "traceback" if result.verdict is Verdict.ERROR else "the stack printed"
        lines += [whose, *(f"  {line}" for line in last)]
    if case.trace is not None and out is not None:
        lines.append(f"replay       {one_line(again(result, named, out / case.trace))}")
    return lines


def _numbered(message: str) -> Iterator[tuple[int, str]]:
    return enumerate(first_lines(message, MOST_LINES) if message else ())


def _blamed(result: CaseResult) -> list[str]:
    """The requirements judged with this verdict, else all that the case cites."""
    broken = [name for name, verdict in result.judged.items() if verdict == result.verdict]
    return broken or list(result.requirements)


def difference_table(diff: Sequence[FieldDiff]) -> list[str]:
    """A got/want table, columns aligned; no lines for no differences."""
    if not diff:
        return []
    rows = [
        ("field", "got", "want"),
        *(tuple(one_line(value, _WIDEST) for value in row) for row in diff[:MOST_LINES]),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    table = [f"  {a:{widths[0]}}  {b:{widths[1]}}  {c}".rstrip() for a, b, c in rows]
    more = len(diff) - MOST_LINES
    return [*table, f"  and {counted(more, 'more field')}"] if more > 0 else table
