"""Values that cases measured: a row a value, a column a target, in the order of their topics."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.reports.outcomes import key_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcpassay.reports.outcomes import TargetOutcomes

Value = float | int | str | None

#: The folder of the cases whose values have names that stand alone.
FOLDER = "measures/"
#: Its files, in the order in which they are read, and what their values are about.
TOPICS: Final = {
    "opening": "opening a connection",
    "sending": "sending",
    "receiving": "receiving",
    "closing": "closing",
    "numbers": "what an attacker would like to know",
}
VALUES = "values"

_NUMBERS = re.compile(r"-?[\d.]+(?:e[-+]?\d+)?(?:[ ,]+-?[\d.]+)*")
_DIGITS = re.compile(r"(\d+)")


class Measured(NamedTuple):
    """A value that a case measured, a target each; None where it measured none there."""

    case: str
    name: str
    values: tuple[Value, ...]

    @property
    def differs(self) -> bool:
        """Whether two targets have another value."""
        return len({value for value in self.values if value is not None}) > 1

    @property
    def numeric(self) -> bool:
        """Whether every value is a number, or a text of nothing but numbers."""
        return all(value is None or _NUMBERS.fullmatch(str(value)) for value in self.values)

    @property
    def stands_alone(self) -> bool:
        """Whether its name says what it is without the case."""
        return self.case.startswith(FOLDER)

    @property
    def topic(self) -> str:
        """What a value that stands alone is about."""
        file = self.case.split("/")[1] if self.case.count("/") else ""
        return TOPICS.get(file, file)

    @property
    def full_name(self) -> str:
        """Its name, with the IP version where that is not 4."""
        version = key_parts(self.case)[1]
        return self.name if version == 4 else f"{self.name} (IPv{version})"


def measured(columns: Sequence[TargetOutcomes]) -> list[Measured]:
    """Every value of these targets: first what stands alone, by topic, then by case."""
    names: dict[tuple[str, str], None] = {}
    for column in columns:
        for key, outcome in column.cases.items():
            names |= {(key, name): None for name in outcome.measured}
    found = [
        Measured(case, name, tuple(_value(column, case, name) for column in columns))
        for case, name in names
    ]
    return sorted(found, key=_place)


def tables(
    rows: Iterable[Measured], *, every: bool = False
) -> Iterator[tuple[str, list[Measured]]]:
    """What stands alone; of the rest all numbers, and words where they differ, or `every`."""
    rows = list(rows)
    rest = [row for row in rows if not row.stands_alone]
    words = "observed" if every else "observed, where they differ"
    for title, chosen in (
        (VALUES, [row for row in rows if row.stands_alone]),
        ("measured", [row for row in rest if row.numeric]),
        (words, [row for row in rest if not row.numeric and (every or row.differs)]),
    ):
        if chosen:
            yield title, chosen


def by_topic(rows: Iterable[Measured]) -> dict[str, list[Measured]]:
    """Rows that stand alone, by what they are about."""
    found: dict[str, list[Measured]] = {}
    for row in rows:
        found.setdefault(row.topic, []).append(row)
    return found


def _place(row: Measured) -> tuple[bool, int, list[tuple[int, str]]]:
    """Where a row stands; numbers in an id are compared as numbers."""
    topics = list(TOPICS.values())
    topic = topics.index(row.topic) if row.stands_alone and row.topic in topics else len(topics)
    parts = [(int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(row.case)]
    return not row.stands_alone, topic, parts


def _value(column: TargetOutcomes, case: str, name: str) -> Value:
    outcome = column.cases.get(case)
    return outcome.measured.get(name) if outcome is not None else None
