"""JUnit, read back by junitparser: what counts as passed, skipped, failed and in error."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import junitparser

from tcpassay.reports.junit import render, write_junit
from tests.reports.junit_schema import complaints

if TYPE_CHECKING:
    from tcpassay.reports.record import RunRecord


def _describe(requirement: str) -> str:
    return f"{requirement} (MUST)"


def _kinds(record: RunRecord) -> dict[str, str]:
    kinds = {}
    for suite in junitparser.JUnitXml.fromstring(render(record, _describe, None).encode()):
        for case in suite:
            kind = type(case.result[0]).__name__.lower() if case.result else "passed"
            kinds[f"{suite.name}:{case.name}"] = kind
    return kinds


def test_outcomes(record: RunRecord) -> None:
    """Every verdict, expected and not; the outcome that continuous integration shows."""
    assert _kinds(record) == {
        "reference:rfc9293/3.5/three_way_handshake": "passed",
        "linux:rfc9293/3.5/three_way_handshake": "passed",
        "linux:rfc9293/3.10.7.3/rst_with_bad_ack": "failure",
        "linux:rfc5961/4.2/syn": "skipped",
        "linux:rfc5961/5.2/ack (IPv6)": "failure",
        "linux:sockets/tcp_info": "passed",
        "linux:rfc7323/paws": "skipped",
        "linux:sockets/a": "error",
        "linux:sockets/b": "error",
        "lwip:start": "error",
    }


def test_totals(record: RunRecord) -> None:
    """The head of the file; sums over all suites."""
    root = ET.fromstring(render(record, _describe, None))  # noqa: S314 - our own text
    totals = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert totals == {
        "tests": "10",
        "failures": "2",
        "errors": "3",
        "skipped": "2",
        "time": "1.500",
    }


def test_the_schema_accepts_it(record: RunRecord) -> None:
    """A run with every verdict, then with what no reader takes; nothing, and what it is."""
    xml = render(record, _describe, Path("out"))
    assert complaints(xml) == []
    assert complaints(xml.replace("<failure ", '<failure line="1" ', 1))
    assert complaints(xml.replace("<properties>", "<properties /><properties>", 1))
    assert complaints(xml.replace('tests="10"', 'tests="ten"'))


def test_a_failure_tells_its_story(record: RunRecord, hostile: str, tmp_path: Path) -> None:
    """A failed case; classname, file, line, requirements, got/want, frames, replay command."""
    write_junit(tmp_path / "junit.xml", record, _describe, Path("/tmp/out"))  # noqa: S108
    suites = junitparser.JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    case = next(c for suite in suites for c in suite if c.name.endswith("bad_ack"))
    assert case.classname == "linux.rfc9293"
    assert case._elem.get("file") == "conformance/cases/rfc9293/s3_5.py"
    assert case._elem.get("line") == "12"
    properties = [(p.get("name"), p.get("value")) for p in case._elem.iter("property")]
    assert ("requirement", "RFC9293:MUST-12") in properties
    assert ("judged.RFC9293:MUST-12", "fail") in properties
    assert ("measured.slope", "inf") in properties
    (failure,) = case.result
    assert failure.type == "fail"
    assert failure.message.startswith("fail, expected pass: the answer has another number")
    body = failure.text or ""
    assert "requirement  RFC9293:MUST-12 (MUST)" in body
    assert "  seg.seq    1    77" in body
    assert "+0.001 > S. 0:0(0) ack 1" in body
    assert (
        "tcpassay replay /tmp/out/traces/linux/rfc9293__3.10.7.3__rst_with_bad_ack.json"
        " --target linux"
    ) in body
    assert hostile not in body
    assert "\\x1b[31mred[/] \\u202eback \\x00 & <b>]]>" in body


def test_the_reason_of_a_skip(record: RunRecord) -> None:
    """A known deviation; skipped, with the reason of the expectations."""
    suites = junitparser.JUnitXml.fromstring(render(record, _describe, None).encode())
    case = next(c for suite in suites for c in suite if c.name == "rfc5961/4.2/syn")
    assert case.result[0].message == "deviation: Linux limits the rate [bold] (a choice)"
