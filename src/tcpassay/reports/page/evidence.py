"""A trace as the page embeds it: its lines, the states along them, the line that matters."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.trace import Judgement
from tcpassay.reports.exports.what import about
from tcpassay.reports.page import words
from tcpassay.reports.page.standing import Change, changes_of_state
from tcpassay.reports.page.walked import walks
from tcpassay.wire.notation import Notation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcpassay.core.json_values import Json
    from tcpassay.core.trace import Entry
    from tcpassay.model.edges import Edge
    from tcpassay.wire.tracefile import TraceFile

#: Lines of a trace that are embedded; of a longer one its beginning, and what is around the line
#: that matters.
MOST_LINES: Final = 320
BEGINNING: Final = 40
BEHIND: Final = 40

#: The letter of each kind of entry; what has none is a remark.
_LETTERS: Final = {"send": "<", "receive": ">", "call": "c", "return": "r", "expect": "e"}
#: A call that returned at once, an expectation that was not met.
_JOINED, _UNMET, _REMARK = "j", "x", "o"


class Evidence(NamedTuple):
    """`lines` begin with the letter of their kind, `ns` are the entries that they begin with.

    `states` are (line, connection, state, whether it was so before that line); `marked` is the line
    that matters, or None.
    """

    lines: tuple[str, ...]
    ns: tuple[int, ...]
    states: tuple[tuple[int, int, str, bool], ...]
    marked: int | None
    walked: Counter[Edge]

    def line_of(self, event: int) -> int | None:
        """The line that holds entry `event`."""
        at = bisect_right(self.ns, event) - 1
        return at if at >= 0 else None

    def packed(self, also: Iterable[int] = ()) -> tuple[dict[str, Json], Shortened]:
        """The same as JSON, a long trace shortened; `also` are lines that matter besides."""
        kept = shortened(len(self.lines), self.marked, also)
        value: dict[str, Json] = {"l": "\n".join(self.lines[at] for at in kept.lines)}
        if self.states:
            value["s"] = [
                [kept.place(at), tag, state, *([1] if before else [])]
                for at, tag, state, before in self.states
            ]
        if self.marked is not None:
            value["x"] = kept.place(self.marked)
        if kept.gap is not None:
            value["g"] = [*kept.gap]
        if kept.behind:
            value["z"] = kept.behind
        return value, kept


class Shortened(NamedTuple):
    """The `lines` that are kept; `gap`: before which of them lines are missing, and how many.

    `behind` is how many are missing at the end.
    """

    lines: Sequence[int]
    gap: tuple[int, int] | None = None
    behind: int = 0

    def place(self, at: int) -> int:
        """Where a line has come to stand; one that is missing, at the gap."""
        if self.gap is not None and at >= self.gap[0]:
            at = max(self.gap[0], at - self.gap[1])
        return min(at, len(self.lines) - 1)


def shortened(lines: int, marked: int | None, also: Iterable[int] = ()) -> Shortened:
    """Which of so many lines are kept."""
    if lines <= MOST_LINES:
        return Shortened(range(lines))
    points = [at for at in (marked, *also) if at is not None]
    end = min(lines, max(points[0] + BEHIND, MOST_LINES)) if points else lines
    begin = end - (MOST_LINES - BEGINNING)
    if begin <= BEGINNING:
        return Shortened(range(end), behind=lines - end)
    kept = [*range(BEGINNING), *range(begin, end)]
    return Shortened(kept, (BEGINNING, begin - BEGINNING), lines - end)


def evidence(file: TraceFile, *, real: bool) -> Evidence:
    """What a trace file shows; about 3 ms for a trace of usual length."""
    trace = file.trace
    numbered = Notation().numbered(trace)
    ns = tuple(entry.n for entry, _ in numbered)
    told = [_letter(entry, line) + words.line(line) for entry, line in numbered]
    changes: list[Change] = []
    try:
        changes.extend(changes_of_state(trace, real=real))
    except Exception as error:
        # A fault of the oracle's own costs the states from there on, and is told.
        fault = f"the oracle cannot follow this trace: {type(error).__name__}: {error}"
        told, ns = [*told, _REMARK + words.line(fault)], (*ns, ns[-1] if ns else 0)
    culprit = about(file).culprit
    found = Evidence(
        tuple(told),
        ns,
        (),
        None,
        walks(changes),
    )
    states = ((found.line_of(change.entry.n), change) for change in changes)
    return found._replace(
        states=tuple(
            (at, each.tag, each.after, each.before is None)
            for at, each in states
            if at is not None and (each.before, each.after) != (None, "CLOSED")
        ),
        marked=None if culprit is None else found.line_of(culprit),
    )


def _letter(entry: Entry, line: str) -> str:
    if isinstance(entry.data, Judgement) and not entry.data.met:
        return _UNMET
    if entry.kind == "call" and not line.endswith(" ..."):
        return _JOINED
    return _LETTERS.get(entry.kind, _REMARK)
