"""One row: reach the state, send the segment, hold what comes against the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.case import Case, CaseMark
from tcpassay.conformance.matrix.axes import ack_at, seq_at
from tcpassay.conformance.matrix.reaching import canonical, into, tcb_of
from tcpassay.conformance.matrix.rows import NO_EDGE, Row, rows
from tcpassay.model.answers import ACK_DELAY_S
from tcpassay.model.rules import segment_arrives
from tcpassay.wire import ACK, RST, SYN, Segment, flags_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Connection
    from tcpassay.model.answers import Answer, Branch
    from tcpassay.model.tcb import Tcb


def matrix_cases(*, full: bool = False) -> Iterator[Case]:
    """Each row as a case."""
    for row in rows(full=full):
        yield Case(
            id=row.id,
            title=f"{row.control.name} in {row.state}",
            file=__file__,
            line=1,
            mark=CaseMark(requirements=_requirements(row), state=row.state),
            function=judge_row,
            row=row,
            has_row=True,
        )


def _segment(row: Row, tcb: Tcb, sport: int, dport: int) -> Segment:
    seq = 5_000_000 if row.seq == NO_EDGE else seq_at(row.seq, tcb, row.control.length)
    if row.ack != NO_EDGE:
        ack = ack_at(row.ack, tcb)
    else:
        ack = 7_000_000 if row.control.has_ack else 0
    text = row.control.text
    urgent = len(text) if "U" in row.control.flags else 0
    return Segment(
        sport, dport, seq, ack, flags_value(row.control.flags), 65535, urgent, (), text
    )


def _requirements(row: Row) -> tuple[str, ...]:
    tcb = canonical(row)
    branches = segment_arrives(tcb, _segment(row, tcb, 1, 2))
    clauses = dict.fromkeys(branch.clause for branch in branches)
    return tuple(clauses)[:3]


def judge_row(bench: Bench, row: Row) -> None:
    """Send the row's segment; its answer and the state after it have to be a branch's."""
    conn = into(bench, row)
    tcb = tcb_of(conn, row)
    segment = _segment(row, tcb, conn.peer_port, conn.port)
    branches = segment_arrives(tcb, segment)
    conn.send(segment)
    got = conn.answers()
    if not got and any(b.answer.within_s for b in branches):
        bench.wait_until(lambda: bool(got.extend(conn.answers()) or got), ACK_DELAY_S)
    fitting = [b for b in branches if _fits(b.answer, got)]
    state = _state(conn, row) if bench.has("state_probe") else ""
    told = [b for b in fitting if not state or b.tcb.state == state]
    bench.judge(
        "row",
        {"answers": [f"{b.answer} {b.tcb.state}" for b in branches]},
        met=bool(told),
        requirement=branches[0].clause,
        message=f"got {[_text(s) for s in got]} and {state}, wanted "
        + " or ".join(f"{b.answer} and {b.tcb.state}" for b in branches),
    )


def _state(conn: Connection, row: Row) -> str:
    state = conn.state()
    if row.state == "LISTEN" and state == "CLOSED":
        return conn.bench.read_state((conn.address, conn.port), None)
    return state


def _fits(answer: Answer, got: list[Segment]) -> bool:
    if not got:
        return answer.kind == "silence" or answer.may_fail
    if len(got) > 1:
        return False
    return _matches(answer, got[0])


def _matches(answer: Answer, segment: Segment) -> bool:
    flags = segment.flags & (SYN | RST | ACK)
    if answer.seqs and segment.seq not in answer.seqs:
        return False
    if answer.kind == "rst":
        if not flags & RST or flags & SYN:
            return False
        return not flags & ACK or not answer.acks or segment.ack in answer.acks
    wanted = {"ack": ACK, "syn-ack": SYN | ACK, "silence": -1}[answer.kind]
    return flags == wanted and segment.ack in answer.acks


def _text(segment: Segment) -> str:
    from tcpassay.wire import flags_text

    return f"{flags_text(segment.flags)} seq={segment.seq} ack={segment.ack}"
