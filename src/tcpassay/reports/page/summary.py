"""The top of the page: what a newcomer has to know, in numbers that can be read at a glance."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.verdict import Verdict
from tcpassay.reports.page import words
from tcpassay.reports.page.contents import tier
from tcpassay.reports.sidebyside import CODES
from tcpassay.reports.text import counted, few

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcpassay.reports.page.column import Column
    from tcpassay.reports.record import CaseRecord, RunRecord
    from tcpassay.reports.sidebyside import SideBySide

#: In the order in which a bar shows them.
ORDER = (
    Verdict.PASS,
    Verdict.INFO,
    Verdict.DEVIATION,
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.ERROR,
    Verdict.UNSUPPORTED,
)

MEANINGS = {
    Verdict.PASS: "the requirement is met",
    Verdict.FAIL: "what must hold does not",
    Verdict.DEVIATION: "what should hold does not",
    Verdict.INFO: "a choice that the document leaves open",
    Verdict.UNSUPPORTED: "the target says that it lacks what the case needs",
    Verdict.INCONCLUSIVE: "the state to be tested was not reached",
    Verdict.ERROR: "a fault of the tester or the agent",
}


#: Notes of one kind.
_MOST_NOTES = 40

#: What may end before a packet has crossed.
_WITHOUT_PACKETS = frozenset({Verdict.UNSUPPORTED, Verdict.ERROR})


class Part(NamedTuple):
    """One colour of a bar; `code` is the letter of the filter."""

    verdict: str
    code: str
    number: int
    percent: float


class Line(NamedTuple):
    """One target: of what must hold, how many requirements are met, not met, not judged."""

    label: str
    version: str
    clock: str
    cases: int
    met: int
    not_met: int
    not_judged: int
    unexpected: int
    parts: tuple[Part, ...]


def lines(found: SideBySide) -> list[Line]:
    """A line a target."""
    return [_line(found, at) for at in range(len(found.columns))]


def _line(found: SideBySide, at: int) -> Line:
    column = found.columns[at]
    demanded = [row.cells[at].verdict for row in found.rows if _tier(row.requirement) == "must"]
    counts = Counter(verdict for verdict in demanded if verdict is not None)
    whole = len(demanded) or 1
    cases = [case for case in column.cases.values() if not case.of_oracle]
    met = counts[Verdict.PASS] + counts[Verdict.INFO]
    not_met = counts[Verdict.FAIL] + counts[Verdict.DEVIATION]
    return Line(
        label=words.line(column.label),
        version=words.line(column.version),
        clock=words.line(column.clock),
        cases=len(cases),
        met=met,
        not_met=not_met,
        not_judged=len(demanded) - met - not_met,
        unexpected=sum(not case.as_expected for case in column.cases.values()),
        parts=tuple(
            Part(v.value, CODES[v], counts[v], round(100 * counts[v] / whole, 3))
            for v in ORDER
            if counts[v]
        ),
    )


def _tier(requirement: object) -> str:
    return tier(getattr(requirement, "level", None))


def headline(found: SideBySide) -> str:
    """How much was asked, in a sentence."""
    cases = {key for column in found.columns for key in column.cases}
    asked = sum(not key.startswith("oracle/") for key in cases)
    must = sum(_tier(row.requirement) == "must" for row in found.rows)
    differ = sum(row.differs for row in found.rows)
    said = (
        f"{counted(len(found.rows), 'requirement')}, {must} of which have to hold, "
        f"checked by {asked:,} cases"
    )
    return said if len(found.columns) < 2 else f"{said}; targets differ in {differ}"


def notes(columns: Sequence[Column]) -> Iterator[str]:
    """Where the outcomes are from, and what is missing in them."""
    seen: list[RunRecord] = []
    for column in columns:
        if column.record is None:
            yield f"{words.line(column.outcomes.label)}: outcomes of a baseline, without traces"
        elif not any(record is column.record for record in seen):
            seen.append(column.record)
            yield from _of_run(column.record)


def _left_no_trace(case: CaseRecord) -> bool:
    """Whether packets may have crossed that nobody has kept."""
    result = case.result
    return case.trace is None and not result.of_oracle and result.verdict not in _WITHOUT_PACKETS


def _of_run(record: RunRecord) -> Iterator[str]:
    names = ", ".join(target.name for target in record.targets)
    yield words.line(
        f"{names}: run of {record.started}, {record.wall_s:.1f} s, seed {record.seed}, "
        f"{record.tool}"
    )
    if not record.complete:
        yield "This run was ended before its end: cases that had not ended are missing"
    if record.interrupted:
        yield words.line(f"This run was interrupted by {record.interrupted}")
    yield from _lines_of(
        f"{absent.target} did not start: {absent.reason}" for absent in record.not_started
    )
    reasons = Counter((left.target, left.reason) for left in record.not_run)
    yield from _lines_of(
        f"{target}: {counted(number, 'case')} not run: {reason}"
        for (target, reason), number in reasons.items()
    )
    if bare := sum(_left_no_trace(case) for case in record.cases):
        yield words.line(
            f"{names}: {counted(bare, 'case')} kept no trace: `tcpassay run --traces always` keeps "
            "those of what passes, too"
        )
    yield from _lines_of(
        f"{stale.file}:{stale.line}: stale expectation {stale.case}: {stale.why}"
        for stale in record.stale
    )


def _lines_of(notes: Iterable[str]) -> list[str]:
    return few([words.line(note) for note in notes], _MOST_NOTES)
