"""Rows as cases: with an id, the requirements that the rules name, and a line of prose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.case import Case, CaseMark
from tcpassay.conformance.matrix.judging import judge_row, segment_of
from tcpassay.conformance.matrix.reaching import canonical
from tcpassay.conformance.matrix.rows import NO_EDGE, rows
from tcpassay.model.rules import segment_arrives

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.matrix.rows import Row

#: Where a reader finds how a row is judged.
FILE = "src/tcpassay/conformance/matrix/judging.py"


def matrix_cases(*, full: bool = False) -> Iterator[Case]:
    """Each row as a case; about 25 us a row."""
    line = judge_row.__code__.co_firstlineno
    for row in rows(full=full):
        mark = CaseMark(requirements=requirements(row), state=row.state)
        yield Case(row.id, title(row), FILE, line, mark, judge_row, row, has_row=True)


def title(row: Row) -> str:
    """What the row sends, and by which rule it is answered."""
    place = ", ".join(
        text
        for text, edge in ((f"SEQ {row.seq}", row.seq), (f"ACK {row.ack}", row.ack))
        if edge != NO_EDGE
    )
    at = f" at {place}" if place else ""
    return f"{row.control.name}{at} in {row.state}; answered as {requirements(row)[0]} says."


def requirements(row: Row) -> tuple[str, ...]:
    """The clauses of the row's branches, the standard one first, at most three."""
    tcb = canonical(row)
    branches = segment_arrives(tcb, segment_of(row, tcb))
    return tuple(dict.fromkeys(branch.clause for branch in branches))[:3]
