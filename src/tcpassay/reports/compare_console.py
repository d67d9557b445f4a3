"""A comparison on standard output: a line a target, what differs, the values measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tcpassay.core.verdict import Level, Verdict
from tcpassay.reports.console import STYLE
from tcpassay.reports.measured import tables
from tcpassay.reports.measured_console import values_table
from tcpassay.reports.sidebyside import LEGEND, NOT_RUN
from tcpassay.reports.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from tcpassay.reports.sidebyside import Cell, Row, SideBySide

_MOST_OF_ID = 36
_LEVEL = max(len(level.value) for level in Level)
#: Less room than this for the text of a requirement, and its level is left out.
_WITH_LEVEL = 24
_LEAST_OF_TEXT = 8
_MOST_OF_LABEL = 14
_CELL = 7
#: What stands between two columns.
_RULE = 3


class ComparePrinter:
    """Prints a comparison: rows that differ, or `every` row; `cases` unfolds them."""

    def __init__(self, console: Console, *, every: bool = False, cases: bool = False) -> None:
        self._console = console
        self._every = every
        self._cases = cases

    def show(self, found: SideBySide) -> None:
        """Print the whole comparison."""
        self._console.print(_totals(found))
        shown = [row for row in found.rows if self._every or row.differs]
        if shown:
            self._console.print()
            self._console.print(self._matrix(found, shown))
            self._line(LEGEND, "dim")
        labels = [column.label for column in found.columns]
        for title, values in tables(found.measured, every=self._every):
            self._console.print()
            self._console.print(values_table(self._console, title, labels, values))
        self._console.print()
        self._line(self._summary(found, len(shown)))

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style), soft_wrap=True)

    def _matrix(self, found: SideBySide, shown: Sequence[Row]) -> Table:
        title = "requirements" if self._every else "requirements in which they differ"
        table = Table(title=Text(title, "bold"), title_justify="left")
        labels = [one_line(column.label) for column in found.columns]
        widths = [max(_CELL, min(len(label), _MOST_OF_LABEL)) for label in labels]
        name = min(max(len(row.id) for row in shown), _MOST_OF_ID)
        room = self._room(name, _LEVEL, *widths)
        level = room >= _WITH_LEVEL
        if not level:
            room = self._room(name, *widths)
        table.add_column("requirement", overflow="fold", width=name)
        if level:
            table.add_column("level", width=_LEVEL)
        table.add_column("in short", overflow="fold" if self._cases else "ellipsis", width=room)
        for label, width in zip(labels, widths, strict=True):
            table.add_column(Text(label), width=width, overflow="fold")
        wanted = set(shown)
        for source, rows in found.sources().items():
            here = [row for row in rows if row in wanted]
            if not here:
                continue
            table.add_section()
            differing = sum(row.differs for row in rows)
            names = (Text(source, "bold"), "")[: 1 + level]
            table.add_row(*names, f"{differing} of {len(rows)} differ")
            for row in here:
                self._add(table, row, room, level=level)
        return table

    def _room(self, *widths: int) -> int:
        """What is left of a line for one more column."""
        taken = sum(width + _RULE for width in widths) + _RULE + 1
        return max(_LEAST_OF_TEXT, self._console.width - taken)

    def _add(self, table: Table, row: Row, room: int, *, level: bool) -> None:
        binding = row.requirement.level.value if row.requirement else ""
        text = one_line(row.requirement.text) if row.requirement else ""
        short = text if len(text) <= room else f"{text[: room - 1]}…"
        names = (one_line(row.id), binding)[: 1 + level]
        table.add_row(*names, short, *map(_cell, row.cells))
        for case in row.cases if self._cases else ():
            if self._every or case.differs:
                key = Text(one_line(case.key), "dim")
                table.add_row(*("", "")[: 1 + level], key, *map(_cell, case.cells))

    def _summary(self, found: SideBySide, shown: int) -> str:
        differing = sum(row.differs for row in found.rows)
        told = f"{differing} of {len(found.rows)} requirements differ"
        measured = [value.differs for value in found.measured]
        if measured:
            told += f"; {sum(measured)} of {len(measured)} values differ"
        hints = []
        if not self._every and shown < len(found.rows):
            hints.append("--all shows the others")
        if not self._cases and shown:
            hints.append("--cases shows the cases")
        return "; ".join([told, *hints])


def _totals(found: SideBySide) -> Table:
    """How many requirements got which verdict, a line a target."""
    totals = found.totals()
    seen = [verdict for verdict in Verdict if any(total[verdict] for total in totals)]
    table = Table(title=Text("requirements, by what weighs most in their cases", "bold"))
    table.title_justify = "left"
    for heading in ("target", "version", "clock"):
        table.add_column(heading)
    for verdict in seen:
        table.add_column(verdict.value, justify="right")
    table.add_column("not run", justify="right")
    for column, total in zip(found.columns, totals, strict=True):
        table.add_row(
            Text(one_line(column.label), "bold"),
            Text(one_line(column.version)),
            column.clock,
            *(_number(total[verdict], STYLE[verdict]) for verdict in seen),
            _number(total[None], ""),
        )
    return table


def _number(number: int, style: str) -> Text:
    return Text(str(number), style) if number else Text(NOT_RUN, "dim")


def _cell(cell: Cell) -> Text:
    style = STYLE[cell.verdict] if cell.verdict is not None else "dim"
    return Text(str(cell), style if cell.as_expected else f"reverse {style}")
