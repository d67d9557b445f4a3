"""The record as JUnit XML, for continuous integration. The only module that knows junit-xml."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from junit_xml import TestCase, TestSuite

from tcpassay.core.verdict import Verdict
from tcpassay.reports.failure import expected_words, story
from tcpassay.reports.files import write_text
from tcpassay.reports.text import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult, TargetInfo
    from tcpassay.reports.failure import Describe
    from tcpassay.reports.record import CaseRecord, RunRecord


def write_junit(path: Path, record: RunRecord, describe: Describe, out: Path | None) -> None:
    """Write the report whole. Raises TcpassayError where it cannot be written."""
    write_text(path, render(record, describe, out))


def render(record: RunRecord, describe: Describe, out: Path | None) -> str:
    """One test suite a target, one test case a case; targets that never started are errors."""
    root = ET.Element("testsuites", {"name": record.tool})
    for target in record.targets:
        root.append(_suite(record, target, describe, out))
    for absent in record.not_started:
        root.append(_absent_suite(absent.target, one_line(absent.reason), skipped=absent.skipped))
    for total in ("tests", "failures", "errors", "skipped"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
    root.set("time", f"{record.wall_s:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(
    record: RunRecord, target: TargetInfo, describe: Describe, out: Path | None
) -> ET.Element:
    cases = record.of(target.name)
    suite = TestSuite(
        name=one_line(target.name),
        test_cases=[_test_case(case, describe, out) for case in cases],
        timestamp=record.started,
        properties={
            "version": one_line(target.version),
            "clock": target.clock,
            "seed": str(record.seed),
        },
    )
    element: ET.Element = suite.build_xml_doc()
    for row, case in zip(element.iter("testcase"), cases, strict=True):
        row.insert(0, _properties(case.result))
    return element


def _absent_suite(target: str, reason: str, *, skipped: bool) -> ET.Element:
    row = TestCase("start", classname=one_line(target))
    if skipped:
        row.add_skipped_info(message=reason)
    else:
        row.add_error_info(message=reason, error_type="not started")
    element: ET.Element = TestSuite(name=one_line(target), test_cases=[row]).build_xml_doc()
    return element


def _test_case(case: CaseRecord, describe: Describe, out: Path | None) -> TestCase:
    result = case.result
    version = " (IPv6)" if result.ip == 6 else ""
    row = TestCase(
        one_line(result.id) + version,
        classname=one_line(f"{result.target}.{result.id.partition('/')[0]}"),
        elapsed_sec=max(result.wall_s, 1e-6),
        file=one_line(result.location.file),
        line=str(result.location.line),
        stderr=printable(result.stderr) or None,
    )
    message = one_line(result.message) or str(result.verdict)
    body = "\n".join(story(case, describe, out))
    if result.as_expected and result.verdict is not Verdict.ERROR:
        if result.verdict not in {Verdict.PASS, Verdict.INFO}:
            reason = one_line(result.explanation) or message
            row.add_skipped_info(message=f"{result.verdict}: {reason}", output=body)
    elif result.verdict in {Verdict.ERROR, Verdict.INCONCLUSIVE}:
        row.add_error_info(message=message, output=body, error_type=result.verdict.value)
    else:
        wanted = f"{result.verdict}, expected {expected_words(result)}: {message}"
        row.add_failure_info(message=wanted, output=body, failure_type=result.verdict.value)
    return row


def _properties(result: CaseResult) -> ET.Element:
    element = ET.Element("properties")
    for name, value in _property_pairs(result):
        ET.SubElement(element, "property", {"name": one_line(name), "value": one_line(value)})
    return element


def _property_pairs(result: CaseResult) -> Iterator[tuple[str, str]]:
    yield "verdict", result.verdict.value
    yield "ip", str(result.ip)
    for requirement in result.requirements:
        yield "requirement", requirement
    for requirement, verdict in result.judged.items():
        yield f"judged.{requirement}", verdict.value
    for name, value in result.measured.items():
        yield f"measured.{name}", str(value)
