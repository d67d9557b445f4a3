"""The record as JUnit XML, for continuous integration. The only module that knows junit-xml."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from junit_xml import TestCase, TestSuite

import tcpassay
from tcpassay.core.verdict import Verdict
from tcpassay.reports.failure import expected_words, story
from tcpassay.reports.files import write_text
from tcpassay.reports.fuzz_console import finding_story
from tcpassay.reports.text import last, one_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult, TargetInfo
    from tcpassay.reports.failure import Describe
    from tcpassay.reports.fuzz_record import FuzzFinding, FuzzRecord
    from tcpassay.reports.record import CaseRecord, RunRecord

#: Characters of what a stack has printed that are kept.
_MOST_STDERR = 16_384


def write_junit(path: Path, record: RunRecord, describe: Describe, out: Path | None) -> None:
    """Write the report whole. Raises TcpassayError where it cannot be written."""
    write_text(path, render(record, describe, out))


def render(record: RunRecord, describe: Describe, out: Path | None) -> str:
    """One test suite a target, one test case a case; targets that never started are errors."""
    root = ET.Element("testsuites", {"name": one_line(record.tool)})
    for target in record.targets:
        root.append(_suite(record, target, describe, out))
    for absent in record.not_started:
        root.append(_absent_suite(absent.target, one_line(absent.reason), skipped=absent.skipped))
    return _whole(root, record.wall_s)


def _whole(root: ET.Element, seconds: float) -> str:
    for total in ("tests", "failures", "errors", "skipped"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
    root.set("time", f"{seconds:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def write_fuzz_junit(path: Path, record: FuzzRecord, describe: Describe) -> None:
    """Write a campaign's report whole. Raises TcpassayError where it cannot be written."""
    write_text(path, render_fuzz(record, describe))


def render_fuzz(record: FuzzRecord, describe: Describe) -> str:
    """One test case a finding, and one for the campaign as such; explained findings are skipped."""
    rows = [_campaign_row(record)]
    rows += [_finding_row(record, finding, describe) for finding in record.findings]
    suite = TestSuite(
        name=one_line(f"{record.target}.fuzz"),
        test_cases=rows,
        properties={
            "version": one_line(record.version),
            "clock": one_line(record.clock),
            "seed": str(record.seed),
            "cases": str(record.cases),
        },
    )
    root = ET.Element("testsuites", {"name": f"tcpassay {tcpassay.__version__}"})
    root.append(suite.build_xml_doc())
    return _whole(root, record.seconds)


def _campaign_row(record: FuzzRecord) -> TestCase:
    """Passed where the campaign came to its end with all its workers."""
    row = TestCase("campaign", classname=_classname(record), elapsed_sec=max(record.seconds, 1e-6))
    if record.lost:
        row.add_error_info(
            message=one_line(record.lost[0]), output=printable("\n".join(record.lost))
        )
    elif record.interrupted:
        row.add_skipped_info(message=one_line(f"interrupted by {record.interrupted}"))
    return row


def _finding_row(record: FuzzRecord, finding: FuzzFinding, describe: Describe) -> TestCase:
    row = TestCase(
        one_line(f"{finding.requirement}: {finding.where}"), classname=_classname(record)
    )
    body = "\n".join(finding_story(record, finding, describe))
    if finding.explained:
        why = finding.reason or finding.explained
        row.add_skipped_info(message=one_line(f"{finding.level} not met: {why}"), output=body)
    else:
        row.add_failure_info(
            message=one_line(finding.why), output=body, failure_type=one_line(finding.judge)
        )
    return row


def _classname(record: FuzzRecord) -> str:
    return one_line(f"{record.target}.fuzz")


def _suite(
    record: RunRecord, target: TargetInfo, describe: Describe, out: Path | None
) -> ET.Element:
    cases, named = record.of(target.name), record.named(target.name)
    suite = TestSuite(
        name=one_line(target.name),
        test_cases=[_test_case(case, named, describe, out) for case in cases],
        timestamp=one_line(record.started),
        properties={
            "version": one_line(target.version),
            "clock": one_line(target.clock),
            "seed": str(record.seed),
        },
    )
    element: ET.Element = suite.build_xml_doc()
    element.set("time", f"{sum(case.result.wall_s for case in cases):.6f}")  # It writes 2e-06.
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


def _test_case(
    case: CaseRecord, named: Sequence[str], describe: Describe, out: Path | None
) -> TestCase:
    result = case.result
    version = " (IPv6)" if result.ip == 6 else ""
    row = TestCase(
        one_line(result.id) + version,
        classname=one_line(f"{result.target}.{result.id.partition('/')[0]}"),
        elapsed_sec=max(result.wall_s, 1e-6),
        file=one_line(result.location.file),
        line=str(result.location.line),
        stderr=printable(last(result.stderr, _MOST_STDERR)) or None,
    )
    message = one_line(result.message) or str(result.verdict)
    body = "\n".join(story(case, named, describe, out))
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
