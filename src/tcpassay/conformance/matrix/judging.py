"""One row: reach the state, send the segment, hold what comes against the rules, ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.matrix.axes import ack_at, seq_at
from tcpassay.conformance.matrix.reaching import into, tcb_of
from tcpassay.conformance.matrix.rows import NO_EDGE
from tcpassay.core.trace import FieldDiff
from tcpassay.model.answers import ACK_DELAY_S
from tcpassay.model.rules import segment_arrives
from tcpassay.model.tcb import MASK
from tcpassay.wire import ACK, RST, SYN, Segment, flags_text, flags_value

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.matrix.rows import Row
    from tcpassay.conformance.peer import Connection
    from tcpassay.model.answers import Answer, Branch
    from tcpassay.model.tcb import Tcb

#: What a row sends where there is no window yet, or nothing to acknowledge.
SOME_SEQ = 5_000_000
SOME_ACK = 7_000_000

_LABELS = ("standard", "optional", "variant")


class _Seen(NamedTuple):
    """What the target did: its answers, and its state where it tells."""

    answers: list[Segment]
    state: str = ""

    def __str__(self) -> str:
        text = " and ".join(map(_text, self.answers)) or "silence"
        return f"{text}, {self.state}" if self.state else text


def segment_of(row: Row, tcb: Tcb, sport: int = 0, dport: int = 0) -> Segment:
    """The segment that a row sends to a target with these variables."""
    control = row.control
    seq = SOME_SEQ if row.seq == NO_EDGE else seq_at(row.seq, tcb, control.length)
    ack = SOME_ACK if control.has_ack else 0
    if row.ack != NO_EDGE:
        ack = ack_at(row.ack, tcb)
    urgent = len(control.text) if "U" in control.flags else 0
    flags = flags_value(control.flags)
    return Segment(sport, dport, seq, ack, flags, 65535, urgent, (), control.text)


def judge_row(bench: Bench, row: Row) -> None:
    """The row's segment; the answer, the state and the next answer have to be one branch's.

    The next answer is that to an old octet: in a synchronized state it shows both SND.NXT and
    RCV.NXT, without a connection it draws a reset.
    """
    conn = into(bench, row)
    tcb = tcb_of(conn, row)
    segment = segment_of(row, tcb, conn.peer_port, conn.port)
    branches = tuple(_as_declared(bench, b) for b in segment_arrives(tcb, segment))
    conn.send(segment)
    seen = _Seen(_answers(conn, branches), _state(conn, row))
    fitting = [_bound(b, seen) for b in branches if _is(b, seen)]
    _judge(bench, row, branches, fitting, seen)
    _probe(conn, row, fitting)


def _as_declared(bench: Bench, branch: Branch) -> Branch:
    """RFC 793 stands where a manifest does not declare the RFC 5961 that is newer."""
    older = branch.variant == "RFC 793" and not bench.has("rfc5961")
    return branch._replace(label="optional") if older else branch


def _probe(conn: Connection, row: Row, fitting: list[Branch]) -> None:
    tcb = fitting[0].tcb
    ack = tcb.snd_nxt if tcb.state == "SYN-RECEIVED" else tcb.snd_una
    octet = Segment(
        conn.peer_port, conn.port, (tcb.rcv_nxt - 1) & MASK, ack, ACK, 65535, payload=b"?"
    )
    branches = [(b, segment_arrives(b.tcb, octet)) for b in fitting]
    conn.send(octet)
    seen = _Seen(_answers(conn, tuple(new for _, after in branches for new in after)))
    still = [b for b, after in branches if any(_fits(new.answer, seen.answers) for new in after)]
    _judge(conn.bench, row, tuple(new for _, after in branches for new in after), still, seen)


def _judge(
    bench: Bench, row: Row, branches: tuple[Branch, ...], fitting: list[Branch], seen: _Seen
) -> None:
    best = min(fitting, key=lambda branch: _LABELS.index(branch.label), default=None)
    variant = best is not None and best.label == "variant"
    clause = (best or branches[0]).clause
    wanted = " or ".join(dict.fromkeys(_told(branch, row.state) for branch in branches))
    bench.judge(
        "variant" if variant else "row",
        {"answers": wanted},
        met=best is not None and not variant,
        requirement=clause if clause in bench.requirements else None,
        message=f"got {seen}, wanted {wanted}",
        diff=(FieldDiff("answer", str(seen), wanted),),
    )


def _answers(conn: Connection, branches: tuple[Branch, ...]) -> list[Segment]:
    """What comes at once, or within the time that an ACK may be delayed."""
    got = conn.answers()
    if got or not any(branch.answer.within_s for branch in branches):
        return got

    def come() -> bool:
        got.extend(conn.answers())
        return bool(got)

    conn.bench.wait_until(come, ACK_DELAY_S)
    return got


def _state(conn: Connection, row: Row) -> str:
    if not conn.bench.has("state_probe"):
        return ""
    state = conn.state()
    if row.state == "LISTEN" and state == "CLOSED":
        return conn.bench.read_state((conn.address, conn.port), None)
    return state


def _is(branch: Branch, seen: _Seen) -> bool:
    return seen.state in {"", branch.tcb.state} and _fits(branch.answer, seen.answers)


def _bound(branch: Branch, seen: _Seen) -> Branch:
    """The branch with the numbers that only the target's SYN shows."""
    if branch.answer.kind != "syn-ack" or branch.answer.seqs:
        return branch
    syn = seen.answers[0]
    tcb = branch.tcb._replace(
        iss=syn.seq, snd_una=syn.seq, snd_nxt=(syn.seq + 1) & MASK, rcv_wnd=syn.window
    )
    return branch._replace(tcb=tcb)


def _fits(answer: Answer, got: list[Segment]) -> bool:
    if not got:
        return answer.kind == "silence" or answer.may_fail
    return len(got) == 1 and _matches(answer, got[0])


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


def _told(branch: Branch, before: str) -> str:
    """A branch in words; the state only where it changes."""
    moved = f", {branch.tcb.state}" if branch.tcb.state != before else ""
    return f"{branch.answer}{moved}{f' ({branch.variant})' if branch.variant else ''}"


def _text(segment: Segment) -> str:
    ack = f"<ACK={segment.ack}>" if segment.flags & ACK else ""
    text = f" with {len(segment.payload)} octets" if segment.payload else ""
    return f"<SEQ={segment.seq}>{ack}<CTL={flags_text(segment.flags)}>{text}"
