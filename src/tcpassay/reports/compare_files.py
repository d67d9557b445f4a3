"""A comparison as Markdown for people and as JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.verdict import Verdict
from tcpassay.reports.markdown import escaped, table_head, table_row
from tcpassay.reports.measured import VALUES, by_topic, tables
from tcpassay.reports.measured_console import shown_value
from tcpassay.reports.sidebyside import LEGEND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcpassay.core.json_values import Json
    from tcpassay.reports.measured import Measured
    from tcpassay.reports.outcomes import TargetOutcomes
    from tcpassay.reports.sidebyside import Cell, SideBySide

SCHEMA = 1


def markdown(found: SideBySide, *, every: bool = False, cases: bool = False) -> str:
    """The comparison as Markdown: what differs, or `every` requirement; `cases` unfolds them."""
    return "\n".join(_markdown(found, every=every, cases=cases)) + "\n"


def _markdown(found: SideBySide, *, every: bool, cases: bool) -> Iterator[str]:
    labels = [column.label for column in found.columns]
    yield f"# {' and '.join(escaped(label) for label in labels)}, side by side"
    yield from _totals(found)
    for source, rows in found.sources().items():
        shown = [row for row in rows if every or row.differs]
        if not shown:
            continue
        yield ""
        yield f"## {escaped(source)}: {sum(row.differs for row in rows)} of {len(rows)} differ"
        yield from table_head("requirement", "level", "in short", *labels)
        for row in shown:
            requirement = row.requirement
            told = (requirement.level.value, requirement.text) if requirement else ("", "")
            yield _line(row.id, *told, *map(str, row.cells))
            for case in row.cases if cases else ():
                if every or case.differs:
                    yield _line(f"· {case.key}", "", "", *map(str, case.cells))
    yield ""
    yield f"{LEGEND}."
    for title, values in tables(found.measured, every=every):
        yield ""
        yield f"## {title}"
        if title == VALUES:
            yield from _values(labels, values)
            continue
        yield from table_head("case", "value", *labels)
        for value in values:
            yield _line(value.case, value.name, *map(shown_value, value.values))


def _values(labels: list[str], values: list[Measured]) -> Iterator[str]:
    for topic, chosen in by_topic(values).items():
        yield from table_head(topic, *labels)
        for value in chosen:
            yield _line(value.full_name, *map(shown_value, value.values))


def _totals(found: SideBySide) -> Iterator[str]:
    yield from table_head("target", "version", "clock", *Verdict, "not run")
    for column, total in zip(found.columns, found.totals(), strict=True):
        numbers = [str(total[verdict] or "-") for verdict in (*Verdict, None)]
        yield _line(column.label, column.version, column.clock, *numbers)


def _line(*cells: str) -> str:
    return table_row(*map(escaped, cells))


def side_by_side_json(found: SideBySide) -> dict[str, Json]:
    """Every row, whether it differs or not."""
    labels = [column.label for column in found.columns]
    return {
        "compare": SCHEMA,
        "targets": [target_json(column) for column in found.columns],
        "requirements": [
            {
                "id": row.id,
                "source": row.source,
                "level": row.requirement.level.value if row.requirement else None,
                "text": row.requirement.text if row.requirement else None,
                "differs": row.differs,
                "targets": _cells(labels, row.cells),
                "cases": {
                    case.key: {
                        label: cell.verdict.value if cell.verdict else None
                        for label, cell in zip(labels, case.cells, strict=True)
                    }
                    for case in row.cases
                },
            }
            for row in found.rows
        ],
        "measured": [
            {
                "case": row.case,
                "name": row.name,
                "differs": row.differs,
                "targets": dict(zip(labels, row.values, strict=True)),
            }
            for row in found.measured
        ],
    }


def target_json(column: TargetOutcomes) -> dict[str, Json]:
    """Whose outcomes these are."""
    return {
        "label": column.label,
        "name": column.name,
        "title": column.title,
        "version": column.version,
        "clock": column.clock,
        "capabilities": [*column.capabilities],
    }


def _cells(labels: Iterable[str], cells: Iterable[Cell]) -> dict[str, Json]:
    return {
        label: {
            "verdict": cell.verdict.value if cell.verdict else None,
            "cases": cell.cases if cell.verdict else 0,
            "of": cell.of if cell.verdict else 0,
            "as_expected": cell.as_expected,
        }
        for label, cell in zip(labels, cells, strict=True)
    }
