"""What changed, as a page: the worst first, by requirement; nothing fetched, nothing run."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tcpassay.core.verdict import Verdict
from tcpassay.reports.changes import changes
from tcpassay.reports.changes_html import MOST_ROWS, render_changes, write_changes
from tcpassay.reports.outcomes import outcomes_of
from tcpassay.reports.wording import describe

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.reports.record import RunRecord


def with_verdict(record: RunRecord, name: str, verdict: Verdict) -> RunRecord:
    """The record with another verdict of one case."""
    cases = tuple(
        replace(
            case,
            result=replace(
                case.result, verdict=verdict, judged=dict.fromkeys(case.result.judged, verdict)
            ),
        )
        if case.result.id == name and case.result.target == "linux"
        else case
        for case in record.cases
    )
    return replace(record, cases=cases)


def test_what_got_worse_comes_first(record: RunRecord, tmp_path: Path) -> None:
    """One case worse, one better, one measured differently; three parts in that order."""
    before = with_verdict(record, "rfc9293/3.10.7.3/rst_with_bad_ack", Verdict.PASS)
    after = with_verdict(record, "rfc5961/4.2/syn", Verdict.PASS)
    first = after.cases[0]
    other = replace(first, result=replace(first.result, measured={"rtt_ms": 9.0}))
    after = replace(after, cases=(other, *after.cases[1:]))
    found = changes(outcomes_of(before), outcomes_of(after))
    write_changes(tmp_path / "changes.html", found, describe)
    page = (tmp_path / "changes.html").read_text()
    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "newly failing",
        "newly passing",
        "measured differently",
    ]
    assert '<p class="lead worse">WORSE: 1 newly failing, 1 newly passing' in page
    assert "<h3>RFC9293:MUST-12 (MUST, section" in page
    assert "pass, fail</td><td>linux</td><td><code>rfc9293/3.10.7.3/rst_with_bad_ack" in page
    assert "the answer has another number than wanted" in page
    assert "<td>0.25</td><td>9</td>" in page
    assert "Linux 6.18 \\x1b[2J" in page


def test_nothing_changed(record: RunRecord) -> None:
    """A run against itself; the page says so."""
    page = render_changes(changes(outcomes_of(record), outcomes_of(record)), describe)
    assert "nothing changed." in page
    assert "Every case gives what it gave before." in page
    assert "worse" not in page.partition("<body>")[2]


def test_it_stands_alone(record: RunRecord) -> None:
    """The page; no script, no address, and a policy under which nothing could be fetched."""
    after = with_verdict(record, "rfc5961/4.2/syn", Verdict.FAIL)
    page = render_changes(changes(outcomes_of(record), outcomes_of(after)), describe)
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=|url\(|@import|https?://", page)
    assert "default-src 'none'" in page


def test_thousands_are_counted(record: RunRecord) -> None:
    """More changes of a kind than have a row; the others are counted."""
    case = next(each for each in record.cases if each.result.target == "linux")
    many = [
        replace(case, result=replace(case.result, id=f"a/{n}", measured={}))
        for n in range(MOST_ROWS + 5)
    ]
    failed = [
        replace(each, result=replace(each.result, verdict=Verdict.FAIL, judged={})) for each in many
    ]
    before, after = (replace(record, cases=tuple(cases)) for cases in (many, failed))
    page = render_changes(changes(outcomes_of(before), outcomes_of(after)), describe)
    assert page.count("<code>a/") == MOST_ROWS
    assert "5 more cases not shown here" in page
