"""What `tcpassay check` says of a capture: for people, and for machines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tcpassay.core.verdict import Verdict, verdict_when_not_met

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.core.json_values import Json
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.model.oracle.wire_report import CaptureReport, Connection, Finding

NS_PER_S = 1_000_000_000
#: Connections without a finding that are shown in full; of more, only how many.
_SHOWN = 20
#: Findings of one connection and requirement that are shown.
_MOST = 5

#: What segments alone never show.
NOT_JUDGED = (
    "what socket calls return",
    "whether a SYN or a segment to a closed port is answered (who listens, firewalls, full queues)",
    "why a connection was closed or aborted",
    "when a time-out begins (that it doubles is judged), congestion control",
    "whether initial sequence numbers follow a clock, and how well their secret is kept",
    "how long TIME-WAIT lasts beyond its first second",
    "what ICMP messages lead to",
)


def violated(report: CaptureReport, catalogue: Catalogue) -> bool:
    """Whether anything of a level that fails (MUST) is violated."""
    return any(
        _verdict(finding, catalogue) is Verdict.FAIL
        for connection in report.connections
        for finding in connection.findings
    )


def _verdict(finding: Finding, catalogue: Catalogue) -> Verdict:
    return verdict_when_not_met(catalogue.get(finding.requirement).level)


# -- for people ------------------------------------------------------------------------------------


def render(report: CaptureReport, catalogue: Catalogue, name: str) -> Iterator[str]:
    """The report as lines of text."""
    yield (
        f"{name}: {report.packets} packets, {report.segments} segments of "
        f"{', '.join(report.addresses)}, {_many(len(report.connections), 'connection')}, "
        f"vantage {report.vantage}"
    )
    yield from (f"  declared: {text}" for text in report.declared)
    quiet = 0
    for connection in report.connections:
        quiet += not connection.findings
        if connection.findings or quiet <= _SHOWN:
            yield ""
            yield from _connection(connection, catalogue)
    if quiet > _SHOWN:
        yield ""
        yield f"{quiet - _SHOWN} more connections without a violation"
    yield ""
    yield from _table(report, catalogue)
    yield ""
    yield from _not_judged(report)
    yield ""
    yield _last_line(report, catalogue)


def _connection(connection: Connection, catalogue: Catalogue) -> Iterator[str]:
    c = connection
    took = (c.ended_ns - c.began_ns) / NS_PER_S
    yield (
        f"connection {c.number}: {_end(c.local)} <-> {_end(c.remote)}, from packet {c.first}, "
        f"{c.arrived} in, {c.sent} out, {took:.3f} s"
    )
    states = " > ".join(c.states) or "no state seen"
    yield f"  {'(capture begins midway) ' if c.midway else ''}{states}"
    if c.holes:
        yield f"  the capture lacks: {'; '.join(c.holes[:_MOST])}{_and_more(len(c.holes))}"
    shown: Counter[str] = Counter()
    for finding in c.findings:
        shown[finding.requirement] += 1
        if shown[finding.requirement] <= _MOST:
            yield from _finding(finding, catalogue)
    for requirement, count in shown.items():
        if count > _MOST:
            yield f"  {requirement}: {count - _MOST} more"


def _finding(finding: Finding, catalogue: Catalogue) -> Iterator[str]:
    requirement = catalogue.get(finding.requirement)
    verdict = str(_verdict(finding, catalogue)).upper()
    yield f"  {verdict} packet {finding.packet}: {finding.why}"
    if finding.allowed:
        yield f"       right: {finding.allowed}"
    yield f"       {requirement.id} ({requirement.level}): {requirement.text}"


def _and_more(count: int) -> str:
    return f"; and {count - _MOST} more" if count > _MOST else ""


def _table(report: CaptureReport, catalogue: Catalogue) -> Iterator[str]:
    judged, wrong = totals(report)
    width = max((len(name) for name in judged), default=0)
    yield f"{'requirement':{width}}  level       judged  violated"
    for name in sorted(judged):
        level = catalogue.get(name).level
        yield f"{name:{width}}  {level:10}  {judged[name]:6}  {wrong[name] or '-':>8}"


def totals(report: CaptureReport) -> tuple[Counter[str], Counter[str]]:
    """How often each requirement was judged, and violated."""
    judged: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for connection in report.connections:
        judged.update(connection.judged)
        wrong.update(finding.requirement for finding in connection.findings)
    for name, count in wrong.items():
        judged[name] = max(judged[name], count)
    return judged, wrong


def _not_judged(report: CaptureReport) -> Iterator[str]:
    yield "not judged, for segments alone do not show it:"
    yield from (f"  {text}" for text in NOT_JUDGED)
    withheld = _withheld(report)
    if withheld:
        yield "withheld:"
        yield from (f"  {reason} ({count} times)" for reason, count in withheld.most_common())


def _withheld(report: CaptureReport) -> Counter[str]:
    withheld: Counter[str] = Counter()
    for connection in report.connections:
        withheld.update(connection.withheld)
    return withheld


def _last_line(report: CaptureReport, catalogue: Catalogue) -> str:
    verdicts: Counter[Verdict] = Counter()
    for connection in report.connections:
        verdicts.update(_verdict(finding, catalogue) for finding in connection.findings)
    judged = sum(totals(report)[0].values())
    counted = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    return f"judged {judged} times: {counted or 'no violation'}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _end(end: tuple[str, int]) -> str:
    address, port = end
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


# -- for machines ----------------------------------------------------------------------------------


def as_record(report: CaptureReport, catalogue: Catalogue, name: str) -> Json:
    """The report as one JSON value."""
    judged, wrong = totals(report)
    requirements: Json = {
        key: {"level": str(catalogue.get(key).level), "judged": judged[key], "violated": wrong[key]}
        for key in sorted(judged)
    }
    return {
        "schema": 1,
        "capture": name,
        "vantage": report.vantage,
        "addresses": list(report.addresses),
        "packets": report.packets,
        "segments": report.segments,
        "declared": list(report.declared),
        "connections": [_as_record(c, catalogue) for c in report.connections],
        "requirements": requirements,
        "not_judged": list(NOT_JUDGED),
        "withheld": dict(_withheld(report)),
        "violated": violated(report, catalogue),
    }


def _as_record(c: Connection, catalogue: Catalogue) -> Json:
    findings: list[Json] = [
        {
            "packet": finding.packet,
            "requirement": finding.requirement,
            "level": str(catalogue.get(finding.requirement).level),
            "verdict": str(_verdict(finding, catalogue)),
            "why": finding.why,
            "right": finding.allowed,
        }
        for finding in c.findings
    ]
    return {
        "number": c.number,
        "local": list(c.local),
        "remote": list(c.remote),
        "first_packet": c.first,
        "began_ns": c.began_ns,
        "ended_ns": c.ended_ns,
        "arrived": c.arrived,
        "sent": c.sent,
        "midway": c.midway,
        "states": list(c.states),
        "judged": dict(sorted(c.judged.items())),
        "violations": findings,
        "withheld": dict(c.withheld),
        "holes": list(c.holes),
    }
