"""Measured values on standard output: names down, targets across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tcpassay.reports.measured import VALUES, by_topic, measured, tables
from tcpassay.reports.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from tcpassay.reports.measured import Measured, Value
    from tcpassay.reports.outcomes import TargetOutcomes

NOT_MEASURED = "-"
_MOST_OF_VALUE = 26
_LEAST_OF_CASE = 8
#: What stands between two columns.
_RULE = 3


def show_values(console: Console, columns: Sequence[TargetOutcomes]) -> None:
    """Print all that these targets measured; what stands alone comes last, where it is seen."""
    rows = measured(columns)
    labels = [column.label for column in columns]
    for title, chosen in reversed(list(tables(rows, every=True))):
        console.print()
        console.print(values_table(console, title, labels, chosen))
    if any(None in row.values for row in rows):
        told = f"{NOT_MEASURED} not measured: unsupported, or slow (--slow, --max-time)"
        console.print(Text(told, "dim"), soft_wrap=True)
    if not rows:
        console.print(Text("no case measured anything"), soft_wrap=True)


def values_table(
    console: Console, title: str, labels: Sequence[str], rows: Sequence[Measured]
) -> Table:
    """A table of values: under their topics where their names stand alone, else beside the case."""
    table = Table(title=Text(title, "bold"), title_justify="left")
    headings = [one_line(label) for label in labels]
    if title == VALUES:
        return _by_topic(table, headings, rows)
    shown = [[one_line(row.name), *map(shown_value, row.values)] for row in rows]
    widths = [
        min(max(map(len, column)), _MOST_OF_VALUE)
        for column in zip(["value", *headings], *shown, strict=True)
    ]
    room = console.width - sum(width + _RULE for width in widths) - _RULE - 1
    case = min(max(_LEAST_OF_CASE, room), max(len(row.case) for row in rows))
    table.add_column("case", overflow="fold", width=case)
    table.add_column("value", overflow="fold", width=widths[0])
    for heading, width in zip(headings, widths[1:], strict=True):
        table.add_column(Text(heading), justify="right", overflow="fold", width=width)
    before = ""
    for row in rows:
        case_id = one_line(row.case) if row.case != before else ""
        table.add_row(case_id, one_line(row.name), *_cells(row))
        before = row.case
    return table


def _by_topic(table: Table, headings: Sequence[str], rows: Sequence[Measured]) -> Table:
    table.add_column("value", overflow="fold")
    for heading in headings:
        table.add_column(Text(heading), justify="right", overflow="fold")
    for topic, chosen in by_topic(rows).items():
        table.add_section()
        table.add_row(Text(topic, "bold"))
        for row in chosen:
            table.add_row(f"  {one_line(row.full_name)}", *_cells(row))
    return table


def _cells(row: Measured) -> list[Text]:
    style = "bold" if row.differs else ""
    return [Text(shown_value(value), style) for value in row.values]


def shown_value(value: Value) -> str:
    """A value as tables show it: numbers with at most six digits that count."""
    if value is None:
        return NOT_MEASURED
    return f"{value:.6g}" if isinstance(value, float) else one_line(str(value))
