"""Targets side by side: requirements and cases in rows, and the values that cases measured."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict
from tcpassay.reports.measured import measured
from tcpassay.reports.outcomes import RANK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcpassay.model.catalogue import Catalogue, Requirement
    from tcpassay.reports.measured import Measured
    from tcpassay.reports.outcomes import TargetOutcomes

#: The letter of each verdict in a cell; a cell without one was not run.
LETTERS = {
    Verdict.PASS: "P",
    Verdict.FAIL: "F",
    Verdict.DEVIATION: "D",
    Verdict.INFO: "i",
    Verdict.UNSUPPORTED: "u",
    Verdict.INCONCLUSIVE: "?",
    Verdict.ERROR: "E",
}
NOT_RUN = "-"
#: The same for filters, style sheets and addresses: capital letters alone.
CODES = {verdict: letter.upper().replace("?", "Q") for verdict, letter in LETTERS.items()}

#: What a reader needs to understand the cells.
LEGEND = (
    "P pass, F fail, D deviation, i info (the choice that is not the document's first), "
    "u unsupported, ? inconclusive, E error, - not run; F 2/7: 2 of 7 cases; ! not as expected"
)


class Cell(NamedTuple):
    """One requirement, or one case, on one target: the verdict that weighs most.

    `cases` gave it, of `of` that were not unsupported. `verdict` None: none ran.
    """

    verdict: Verdict | None
    cases: int = 1
    of: int = 1
    as_expected: bool = True

    def __str__(self) -> str:
        if self.verdict is None:
            return NOT_RUN
        mixed = f" {self.cases}/{self.of}" if 0 < self.cases < self.of else ""
        return f"{LETTERS[self.verdict]}{mixed}{'' if self.as_expected else ' !'}"


class CaseRow(NamedTuple):
    """One case under a requirement: a cell a target."""

    key: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Whether two targets that judged it gave another verdict for the requirement."""
        return _differ(cell for cell in self.cells if cell.verdict is not Verdict.UNSUPPORTED)


class Row(NamedTuple):
    """One requirement: a cell a target, and its cases."""

    id: str
    requirement: Requirement | None
    cells: tuple[Cell, ...]
    cases: tuple[CaseRow, ...]

    @property
    def differs(self) -> bool:
        """Whether targets differ in it, or in one of its cases."""
        return _differ(self.cells) or any(case.differs for case in self.cases)

    @property
    def source(self) -> str:
        """The document that it is from."""
        return self.requirement.source if self.requirement else self.id.partition(":")[0]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The whole comparison. `rows` are in the catalogue's order, `measured` in that of topics."""

    columns: tuple[TargetOutcomes, ...]
    rows: tuple[Row, ...]
    measured: tuple[Measured, ...]

    def sources(self) -> dict[str, list[Row]]:
        """Rows by document, in the order in which the documents first come."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.source, []).append(row)
        return found

    def totals(self) -> list[Counter[Verdict | None]]:
        """How many requirements got each verdict, a target each."""
        return [
            Counter(row.cells[index].verdict for row in self.rows)
            for index in range(len(self.columns))
        ]


def side_by_side(
    columns: Sequence[TargetOutcomes], catalogue: Catalogue, *, least: int = 2
) -> SideBySide:
    """Set targets side by side. Raises ConfigurationError for fewer than `least`."""
    if len(columns) < least:
        there = f"there is only {columns[0].label}" if columns else "there is none"
        wanted = "two targets or more are" if least == 2 else f"{least} or more targets are"
        raise ConfigurationError(f"compare: {wanted} wanted, {there}")
    judged = [_by_requirement(column) for column in columns]
    known = {requirement.id: requirement for requirement in catalogue}
    names = {name for of_target in judged for name in of_target}
    ordered = [name for name in known if name in names] + sorted(names - known.keys())
    return SideBySide(
        columns=tuple(columns),
        rows=tuple(
            _row(name, known.get(name), [of_target.get(name, {}) for of_target in judged])
            for name in ordered
        ),
        measured=tuple(measured(columns)),
    )


def of_requirements(column: TargetOutcomes) -> dict[str, Cell]:
    """What a target does about each requirement, folded over its cases."""
    return {name: _folded(cells.values()) for name, cells in _by_requirement(column).items()}


def _by_requirement(column: TargetOutcomes) -> dict[str, dict[str, Cell]]:
    """What each case tells of each requirement."""
    found: dict[str, dict[str, Cell]] = {}
    for key, outcome in column.cases.items():
        for name, verdict in outcome.verdicts():
            expected = outcome.as_expected or verdict is not outcome.verdict
            found.setdefault(name, {})[key] = Cell(verdict, as_expected=expected)
    return found


def _row(name: str, requirement: Requirement | None, of_targets: Sequence[dict[str, Cell]]) -> Row:
    keys = sorted({key for of_target in of_targets for key in of_target})
    nothing = Cell(None)
    return Row(
        id=name,
        requirement=requirement,
        cells=tuple(_folded(of_target.values()) for of_target in of_targets),
        cases=tuple(
            CaseRow(key, tuple(of_target.get(key, nothing) for of_target in of_targets))
            for key in keys
        ),
    )


def _folded(cells: Iterable[Cell]) -> Cell:
    """What weighs most in several cases."""
    several = [(cell.verdict, cell.as_expected) for cell in cells if cell.verdict is not None]
    if not several:
        return Cell(None)
    counts = Counter(verdict for verdict, _ in several)
    worst = max(counts, key=RANK.__getitem__)
    return Cell(
        verdict=worst,
        cases=counts[worst],
        of=sum(number for verdict, number in counts.items() if verdict is not Verdict.UNSUPPORTED),
        as_expected=all(as_expected for _, as_expected in several),
    )


def _differ(cells: Iterable[Cell]) -> bool:
    """What was not run says nothing."""
    return len({cell.verdict for cell in cells if cell.verdict is not None}) > 1
