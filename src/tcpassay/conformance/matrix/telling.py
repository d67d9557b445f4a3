"""A row in words: what is sent and what may answer it, in numbers relative to the variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.matrix.judging import segment_of
from tcpassay.conformance.matrix.reaching import canonical
from tcpassay.model.rules import segment_arrives
from tcpassay.model.tcb import HALF, MASK
from tcpassay.wire import ACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tcpassay.conformance.matrix.rows import Row
    from tcpassay.model.answers import Branch
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment

#: How the application has closed, and how the connection was opened.
_WAYS = {
    "listen": "after a passive open",
    "connect": "after connect()",
    "simultaneous": "after SYNs that crossed",
}
#: A number is told from a variable that is no farther away than this.
_NEAR = 200_000


class Allowed(NamedTuple):
    """One branch: what comes, where it leads, by which clause and under which label."""

    label: str
    answer: str
    state: str
    clause: str


def stimulus(row: Row) -> str:
    """The segment of a row: `<SEQ=RCV.NXT-1><CTL=RST> in CLOSE-WAIT, after a passive open`."""
    tcb = canonical(row)
    segment = segment_of(row, tcb)
    seq = f"<SEQ={_number(segment.seq, _received(tcb, segment))}>"
    ack = f"<ACK={_number(segment.ack, _sent(tcb, segment))}>" if segment.flags & ACK else ""
    flags = row.control.name.replace("-data", "").replace("-", ",")
    control = "<no flags>" if flags in {"none", "data"} else f"<CTL={flags}>"
    text = f" with {len(segment.payload)} octets" if segment.payload else ""
    return f"{seq}{ack}{control}{text} in {_where(row)}"


def allowed(row: Row) -> Iterator[Allowed]:
    """The branches of a row, as the rules give them."""
    tcb = canonical(row)
    segment = segment_of(row, tcb)
    for branch in segment_arrives(tcb, segment):
        yield Allowed(_label(branch), _answer(branch, tcb, segment), _state(branch), branch.clause)


def _where(row: Row) -> str:
    if row.state in {"CLOSED", "LISTEN", "SYN-SENT"}:
        return row.state
    closes = f" and {row.how}()" if row.closes else ""
    return f"{row.state}, {_WAYS[row.way]}{closes}"


def _label(branch: Branch) -> str:
    return f"variant ({branch.variant})" if branch.variant else branch.label


def _state(branch: Branch) -> str:
    told = {"refused": ", connection refused", "reset": ", connection reset"}
    return branch.tcb.state + told.get(branch.event, "")


def _answer(branch: Branch, tcb: Tcb, segment: Segment) -> str:
    answer = branch.answer
    if answer.kind == "silence":
        return "silence"
    sent = {**_sent(tcb, segment), "SEG.ACK": segment.ack}
    received = {**_received(tcb, segment), "SEG.SEQ": segment.seq}
    seqs = " or ".join(dict.fromkeys(_number(number, sent) for number in answer.seqs)) or "ISS"
    acks = " or ".join(dict.fromkeys(_number(number, received) for number in answer.acks))
    text = f"<SEQ={seqs}>" + (f"<ACK={acks}>" if acks else "") + f"<CTL={answer.control}>"
    late = f" within {answer.within_s:g} s" if answer.within_s else ""
    return f"{text}{late}{' or silence' if answer.may_fail else ''}"


def _received(tcb: Tcb, segment: Segment) -> Mapping[str, int]:
    """What numbers of the peer's direction are told by; without a window by the segment's own."""
    if tcb.state in {"CLOSED", "LISTEN", "SYN-SENT"}:
        return {"SEG.SEQ": segment.seq}
    return {"RCV.NXT": tcb.rcv_nxt, "RCV.NXT+RCV.WND": tcb.rcv_nxt + tcb.rcv_wnd}


def _sent(tcb: Tcb, segment: Segment) -> Mapping[str, int]:
    if tcb.state in {"CLOSED", "LISTEN"}:
        return {"SEG.ACK": segment.ack, "0": 0}
    return {"SND.NXT": tcb.snd_nxt, "SND.UNA": tcb.snd_una, "0": 0}


def _number(number: int, variables: Mapping[str, int]) -> str:
    """The nearest variable and the way from it; `far` beyond every window."""
    name, value = min(variables.items(), key=lambda item: abs(_way(number, item[1])))
    way = _way(number, value)
    if abs(way) > _NEAR:
        return f"{next(iter(variables))}{'+' if way > 0 else '-'}2^30"
    return f"{name}{way:+d}" if way else name


def _way(number: int, origin: int) -> int:
    return ((number - origin + HALF) & MASK) - HALF
