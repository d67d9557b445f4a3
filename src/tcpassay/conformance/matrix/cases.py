"""Rows as cases: with an id, the requirements that the rules name, and a line of prose."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tcpassay.conformance.case import Case, CaseMark
from tcpassay.conformance.matrix.judging import judge_row, segment_of
from tcpassay.conformance.matrix.reaching import canonical
from tcpassay.conformance.matrix.rows import CLOSED_BY_US, NO_EDGE, rows
from tcpassay.model.rules import segment_arrives

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.matrix.rows import Row
    from tcpassay.conformance.reach import Way

#: Where a reader finds how a row is judged.
FILE = "src/tcpassay/conformance/matrix/judging.py"

_NEEDS: dict[Way, tuple[str, ...]] = {
    "listen": (),
    "connect": ("active_open",),
    "simultaneous": ("active_open", "simultaneous_open"),
}


def matrix_cases(*, full: bool = False) -> Iterator[Case]:
    """Each row as a case; about 25 us a row."""
    return map(case_of, rows(full=full))


def find_row(case_id: str) -> Case | None:
    """The row of that id, of all there are; None where there is none."""
    row = _by_id().get(case_id) if case_id.startswith("matrix/") else None
    return case_of(row) if row is not None else None


def case_of(row: Row) -> Case:
    """One row as a case."""
    mark = CaseMark(
        requirements(row), needs=_needs(row), state=row.state, every_ip=True, spare=True
    )
    line = judge_row.__code__.co_firstlineno
    return Case(row.id, title(row, mark), FILE, line, mark, judge_row, row, has_row=True)


def _needs(row: Row) -> tuple[str, ...]:
    """What a target must be able to do for its state to be reached in this way."""
    closes = ("half_close",) if row.state in CLOSED_BY_US and row.how == "shutdown" else ()
    return (*_NEEDS[row.way], *closes)


def title(row: Row, mark: CaseMark) -> str:
    """What the row sends, and by which rule it is answered."""
    edges = (("SEQ", row.seq), ("ACK", row.ack))
    place = ", ".join(f"{field} {edge}" for field, edge in edges if edge != NO_EDGE)
    at = f" at {place}" if place else ""
    return f"{row.control.name}{at} in {row.state}; {mark.requirements[0]} says what answers it."


def requirements(row: Row) -> tuple[str, ...]:
    """The clauses of the row's branches, the standard one first, at most three."""
    tcb = canonical(row)
    branches = segment_arrives(tcb, segment_of(row, tcb))
    return tuple(dict.fromkeys(branch.clause for branch in branches))[:3]


@lru_cache(maxsize=1)
def _by_id() -> dict[str, Row]:
    return {row.id: row for row in rows(full=True)}
