"""What the page shows before a cell is opened, as compact JSON: requirements, cases, letters.

A cell is one letter, in lower case where the verdict is not as expected: P F D I U Q E, "-" where
the case did not run. A requirement's row names its cases by number, with letters of its own where
they are not those of the case as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from tcpassay.core.verdict import Verdict, verdict_when_not_met
from tcpassay.model.catalogue import STATES
from tcpassay.reports.folding import known
from tcpassay.reports.measured import VALUES, by_topic, tables
from tcpassay.reports.measured_console import shown_value
from tcpassay.reports.page import words
from tcpassay.reports.page.column import key_of
from tcpassay.reports.sections import place
from tcpassay.reports.sidebyside import CODES, NOT_RUN, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tcpassay.core.json_values import Json
    from tcpassay.core.verdict import Level
    from tcpassay.model.catalogue import Requirement
    from tcpassay.reports.measured import Measured, Value
    from tcpassay.reports.outcomes import TargetOutcomes
    from tcpassay.reports.page.column import Column
    from tcpassay.reports.record import CaseRecord
    from tcpassay.reports.sidebyside import Row, SideBySide

#: Levels as the page's first filter has them, by what it means not to meet them.
TIERS: Final = {Verdict.FAIL: "must", Verdict.DEVIATION: "should", Verdict.INFO: "may"}

#: A verdict and the reason why it is expected.
Why = tuple[Verdict, str]

#: Characters of a measured value.
_LONGEST_VALUE: Final = 200


def tier(level: Level | None) -> str:
    """One of "must", "should", "may"; what the catalogue lacks is shown with what must hold."""
    return "must" if level is None else TIERS[verdict_when_not_met(level)]


def code(cell: Cell) -> str:
    """The letter of a cell."""
    if cell.verdict is None:
        return NOT_RUN
    letter = CODES[cell.verdict]
    return letter if cell.as_expected else letter.lower()


def case_keys(found: SideBySide) -> list[str]:
    """Every case that some target has, in an order in which chunks are found by number."""
    keys = {key for column in found.columns for key in column.cases}
    keys |= {case.key for row in found.rows for case in row.cases}
    return sorted(keys)


def contents(
    found: SideBySide,
    columns: Sequence[Column],
    keys: Sequence[str],
    records: Sequence[Mapping[str, CaseRecord]],
) -> dict[str, Json]:
    """All but the details; `records` are those of each column."""
    numbers = {key: number for number, key in enumerate(keys)}
    codes = [_codes(found.columns, key) for key in keys]
    sections, titles = _sections(found.rows), _titles(found.rows)
    return {
        "cols": [_column(column.outcomes) for column in columns],
        "sections": [
            [words.line(part) for part in (*section, titles.get(section, ""))]
            for section in sections
        ],
        "reqs": [_row(row, sections[_section(row)], numbers, codes) for row in found.rows],
        "cases": [
            [words.line(key), _title(key, records), letters, _state(key)]
            for key, letters in zip(keys, codes, strict=True)
        ],
        "values": _values(found.measured),
        "expected": _expected(columns, numbers),
    }


def _column(outcomes: TargetOutcomes) -> dict[str, Json]:
    return {
        "label": words.line(outcomes.label),
        "name": words.line(outcomes.name),
        "version": words.line(outcomes.version),
    }


def _codes(columns: Iterable[TargetOutcomes], key: str) -> str:
    cases = (column.cases.get(key) for column in columns)
    return "".join(
        NOT_RUN if case is None else code(Cell(case.verdict, as_expected=case.as_expected))
        for case in cases
    )


def _title(key: str, records: Sequence[Mapping[str, CaseRecord]]) -> str:
    for of_target in records:
        if (record := of_target.get(key)) is not None:
            return words.line(record.result.title)
    return ""


def _state(key: str) -> str:
    """The state that a row of the matrix is about."""
    parts = key.split("/", 2)
    return parts[1] if parts[0] == "matrix" and len(parts) > 1 and parts[1] in STATES else ""


# -- requirements ----------------------------------------------------------------------------------


def _row(row: Row, section: int, numbers: Mapping[str, int], codes: Sequence[str]) -> list[Json]:
    """Number of the section, id, level, tier, state, condition, text, test, cells, cases."""
    requirement = row.requirement
    cases: list[Json] = []
    for case in row.cases:
        number = numbers[case.key]
        letters = "".join(code(cell) for cell in case.cells)
        cases.append(number if letters == codes[number] else [number, letters])
    return [
        section,
        words.line(row.id),
        requirement.level.value if requirement else "",
        tier(requirement.level if requirement else None),
        requirement.state if requirement else "",
        requirement.condition if requirement else "",
        requirement.text if requirement else "",
        requirement.test if requirement else "",
        [str(cell) for cell in row.cells],
        int(row.differs),
        cases,
    ]


Section = tuple[str, str]


def _sections(rows: Iterable[Row]) -> dict[Section, int]:
    """Source and name of each section, in the order of the sources and of their numbers."""
    order: dict[str, list[Section]] = {}
    for row in rows:
        section = _section(row)
        of_source = order.setdefault(row.source, [])
        if section not in of_source:
            of_source.append(section)
    every = [section for found in order.values() for section in sorted(found, key=_number)]
    return {section: number for number, section in enumerate(every)}


def _number(section: Section) -> list[tuple[int, str]]:
    return place(section[1])


def _section(row: Row) -> Section:
    requirement = row.requirement
    if requirement is None:
        return (row.source, "not in the catalogue")
    if requirement.source == "DOC":
        return (row.source, _about(requirement))
    return (row.source, requirement.section)


def _titles(rows: Iterable[Row]) -> dict[Section, str]:
    """What sections that have a number are about."""
    found: dict[Section, str] = {}
    for row in rows:
        if row.requirement is not None and row.requirement.section[:1].isdigit():
            found.setdefault(_section(row), _about(row.requirement))
    return {section: title for section, title in found.items() if section[0] != "DOC"}


def _about(requirement: Requirement) -> str:
    return requirement.group.partition(": ")[2] or requirement.group


# -- values, expectations --------------------------------------------------------------------------


def _values(rows: Iterable[Measured]) -> list[Json]:
    """Tables: a title, and rows of name, case, whether targets differ, values."""
    found: list[Json] = []
    for title, chosen in tables(rows, every=True):
        topics = by_topic(chosen) if title == VALUES else {title: chosen}
        for topic, of_topic in topics.items():
            found.append([words.line(topic), [_value_row(row) for row in of_topic]])
    return found


def _value_row(row: Measured) -> list[Json]:
    case = "" if row.stands_alone else words.line(row.case)
    shown: list[Json] = [_value(value) for value in row.values]
    return [words.line(row.full_name, _LONGEST_VALUE), case, int(row.differs), shown]


def _value(value: Value) -> str | None:
    return None if value is None else words.line(shown_value(value), _LONGEST_VALUE)


def _expected(columns: Sequence[Column], numbers: Mapping[str, int]) -> list[Json]:
    """What is as expected, but no pass: column, verdict, reason, cases; most cases first."""
    return [
        [at, CODES[verdict], words.text(reason), [numbers[key_of(case)] for case in cases]]
        for at, column in enumerate(columns)
        for (verdict, reason), cases in _most_first(known(column.records().values()))
    ]


def _most_first(folded: Mapping[Why, list[CaseRecord]]) -> list[tuple[Why, list[CaseRecord]]]:
    return sorted(folded.items(), key=lambda each: -len(each[1]))
