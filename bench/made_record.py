"""A run that never was: so many cases on so many targets, with traces, for reports to render."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tcpassay.conformance.result import CaseResult, Location, TargetInfo
from tcpassay.core.events import Call, Returned
from tcpassay.core.trace import FieldDiff, Judgement, Trace
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.outcomes import outcomes_of
from tcpassay.reports.page import Column
from tcpassay.reports.record import CaseRecord, RunRecord, count
from tcpassay.wire import ACK, FIN, SYN, Datagram, IPv4, Segment, build, tracefile
from tcpassay.wire.options import MaximumSegmentSize, WindowScale

if TYPE_CHECKING:
    from tcpassay.wire.tracefile import TraceFile

STACK, PEER = "192.0.2.1", "192.0.2.2"

#: Traces that differ; a case takes one of them.
TRACES = 500
#: What a case gives on a target where targets differ, and how often.
_MIXED = {
    Verdict.PASS: 55,
    Verdict.FAIL: 20,
    Verdict.DEVIATION: 8,
    Verdict.INFO: 7,
    Verdict.UNSUPPORTED: 8,
    Verdict.INCONCLUSIVE: 1,
    Verdict.ERROR: 1,
}
#: One case in so many is one where targets differ.
_DIFFERS = 5
_REASON = "a reason of usual length, which says what the target does and where that is written"


def made_columns(cases: int, targets: int, seed: int = 1) -> list[Column]:
    """Columns of a record in which a fifth of the cases differ; 500 traces serve them all."""
    source = random.Random(seed)
    record = made_record(cases, targets, source)
    traces = [made_trace(source) for _ in range(TRACES)]

    def read(case: CaseRecord) -> TraceFile:
        return traces[hash((case.result.id, case.result.verdict, case.result.target)) % TRACES]

    return [Column(outcomes, record, read) for outcomes in outcomes_of(record)]


def made_record(cases: int, targets: int, source: random.Random) -> RunRecord:
    """The record alone."""
    names = [f"stack-{number}" for number in range(1, targets + 1)]
    names[0] = "reference"
    requirements = [requirement.id for requirement in load_catalogue()]
    results = []
    for number in range(cases):
        judged = source.sample(requirements, source.choice((1, 1, 1, 2)))
        for name in names:
            mixed = number % _DIFFERS == 0 and name != "reference"
            verdict = source.choices([*_MIXED], [*_MIXED.values()])[0] if mixed else Verdict.PASS
            results.append(_case(number, name, tuple(judged), verdict, source))
    infos = tuple(
        TargetInfo(name, f"The stack {name}", f"{name} 1.2.3", "virtual", ()) for name in names
    )
    return RunRecord(1, "2026-03-01T12:00:00+00:00", infos, tuple(results), count(results))


def _case(
    number: int, name: str, judged: tuple[str, ...], verdict: Verdict, source: random.Random
) -> CaseRecord:
    told = verdict not in (Verdict.PASS, Verdict.INFO)
    case = f"made/{number % 40}.{number % 7}/a_case_of_usual_length/{number}"
    seen = source.randrange(1 << 32)
    result = CaseResult(
        id=case,
        target=name,
        ip=4,
        title=f"Segment {seen % 9973} at the edge of the window; an ACK, and nothing else.",
        location=Location(f"conformance/cases/made/s{number % 40}.py", number % 500),
        requirements=judged,
        verdict=verdict,
        as_expected=not told or source.random() < 0.95,
        expected=verdict if told else None,
        reason=_REASON if told else "",
        nature="choice" if told else "",
        judged=dict.fromkeys(judged, verdict) if verdict is not Verdict.UNSUPPORTED else {},
        message=f"wanted seq={seen}, got seq={seen ^ 77}" if told else "",
        diff=(FieldDiff("seg.seq", str(seen ^ 77), str(seen)),) if told else (),
        measured={"octets in flight": seen % 65536} if number % 97 == 0 else {},
    )
    file = f"traces/{name}/{case.replace('/', '__')}.json"
    return CaseRecord(result, file, file.replace("json", "pcapng"))


def made_trace(source: random.Random) -> TraceFile:
    """A listener, a handshake, text both ways in a few segments, and a close."""
    trace = Trace(case="made", target="made", ip=4, stack_addresses=(STACK,))
    clock = 0
    iss, irs = source.randrange(1 << 31), source.randrange(1 << 31)
    window = source.randrange(1000, 65536)

    def wait() -> int:
        nonlocal clock
        clock += source.randrange(1, 5_000_000)
        return clock

    def cross(
        kind: str, flags: int, seq: int, ack: int, text: bytes = b"", *, syn: bool = False
    ) -> None:
        options = (MaximumSegmentSize(1460), WindowScale(source.randrange(14))) if syn else ()
        out = kind == "receive"
        ends = (STACK, PEER, 8080, 40001) if out else (PEER, STACK, 40001, 8080)
        ip = IPv4(ends[0], ends[1], protocol=6)
        segment = Segment(ends[2], ends[3], seq, ack, flags, window, options=options, payload=text)
        trace.append(wait(), "receive" if out else "send", build(Datagram(ip, segment)))

    for number, name in enumerate(("socket", "bind", "listen", "accept")):
        trace.append(wait(), "call", Call(number, 1, name, (("int", 3),)))
        if name != "accept":
            trace.append(clock, "return", Returned(clock, number, 1, 0))
    cross("send", SYN, irs, 0, syn=True)
    cross("receive", SYN | ACK, iss, irs + 1, syn=True)
    cross("send", ACK, irs + 1, iss + 1)
    trace.append(wait(), "return", Returned(clock, 3, 1, 4))
    there = back = 0
    for _ in range(source.randrange(3, 9)):
        text = source.randbytes(source.randrange(1, 30))
        cross("send", ACK, irs + 1 + there, iss + 1 + back, text)
        there += len(text)
        cross("receive", ACK, iss + 1 + back, irs + 1 + there, text[:9])
        back += len(text[:9])
        trace.append(wait(), "expect", Judgement("segment", {}, True, "RFC9293:MUST-58"))
    cross("send", FIN | ACK, irs + 1 + there, iss + 1 + back)
    cross("receive", ACK, iss + 1 + back, irs + 2 + there)
    at = len(trace) - 1
    diff = (FieldDiff("seg.ack", "1", "2"),)
    broken = Judgement("segment", {}, False, "RFC9293:MUST-58", at, "wanted another", diff)
    trace.append(wait(), "expect", broken)
    return tracefile.loads(tracefile.dumps(trace))
