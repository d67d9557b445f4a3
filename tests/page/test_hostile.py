"""A target whose names, messages and payloads are markup, control characters and a megabyte."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.result import Alarm, CaseResult, Location, StaleExpectation, TargetInfo
from tcpassay.core.trace import FieldDiff, Trace
from tcpassay.core.verdict import Level, Verdict
from tcpassay.reports.outcomes import outcomes_of
from tcpassay.reports.page import Column, write_page
from tcpassay.reports.record import CaseRecord, RunRecord, count
from tcpassay.wire import tracefile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.page.conftest import Page

EVIL = (
    "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    "<!--<b>bold</b>]]>${document.title='taken'} \x00\x1b[31m \u202e \ud800 \uffff"
    " javascript:alert(1)"
)
LONG = EVIL + "x" * 1_000_000


def hostile_trace() -> tracefile.TraceFile:
    """Calls and logs with such text, and a datagram of nothing but such octets."""
    trace = Trace(case=EVIL, target=EVIL, ip=4, stack_addresses=("192.0.2.1",))
    trace.append(0, "log", LONG)
    trace.append(1, "receive", EVIL.encode(errors="replace"))
    trace.append(2, "note", EVIL)
    return tracefile.loads(tracefile.dumps(trace))


def hostile_record() -> RunRecord:
    """One case of each verdict in which every text is hostile."""
    plain = CaseResult(
        id=f"own/{EVIL}",
        target=EVIL,
        ip=4,
        title=LONG,
        location=Location(EVIL, 1),
        requirements=("RFC9293:MUST-12", EVIL),
        verdict=Verdict.FAIL,
        as_expected=False,
        expected=Verdict.PASS,
        reason=LONG,
        nature=LONG,
        judged={"RFC9293:MUST-12": Verdict.FAIL, LONG: Verdict.PASS},
        message=LONG,
        diff=tuple(FieldDiff(EVIL, LONG, EVIL) for _ in range(100)),
        frames=(EVIL,) * 100,
        measured={EVIL: LONG, "number": 1.5, "no number": float("nan")},
        stderr=LONG,
    )
    alarm = Alarm(1, EVIL, EVIL, LONG, (), Level.MUST, as_expected=False)
    cases = tuple(
        CaseRecord(
            replace(
                plain,
                id=f"{plain.id}/{verdict}",
                verdict=verdict,
                as_expected=verdict is Verdict.DEVIATION,
            ),
            trace=f"traces/{EVIL}",
            capture="../../etc/passwd",
            alarms=(alarm,),
        )
        for verdict in Verdict
    )
    target = TargetInfo(EVIL, LONG, LONG, "virtual", (EVIL,))
    stale = tuple(StaleExpectation(EVIL, EVIL, EVIL, at, LONG) for at in range(200))
    return RunRecord(
        1, EVIL, (target,), cases, count(cases), stale=stale, interrupted=EVIL, complete=False
    )


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of that record."""
    path = tmp_path_factory.mktemp("hostile") / "page.html"
    record, file = hostile_record(), hostile_trace()
    (outcomes,) = outcomes_of(record)
    write_page(path, [Column(outcomes, record, lambda _case: file)])
    return path


def test_a_megabyte_of_text_is_cut(hostile_page: Path) -> None:
    """Texts of a megabyte everywhere; a page of ordinary size, and it says that there is more."""
    text = hostile_page.read_text(encoding="utf-8")
    assert len(text) < 700_000
    assert "more characters]" in text
    assert "\x00" not in text
    assert "\u202e" not in text
    assert "<li>and 160 more</li>" in text


def test_markup_stays_text(page: Page, hostile_page: Path) -> None:
    """Everything unfolded and opened; no element, no script and no title comes of it."""
    page.open(f"{hostile_page.as_uri()}#level=all")
    page.click("[data-fold=all]")
    page.run(
        "fillAll();"
        "for (const part of document.querySelectorAll('main > details')) part.open = true;"
    )
    page.wait_for(
        "document.querySelector('.states svg') && document.querySelector('#values table')"
    )
    for at in range(len(Verdict)):
        page.run("await openCase(REQS[0].rows[args[0]], 0)", at)
        assert "<img src=x" in page.run("return sheet.textContent")
    assert page.run("return document.title").endswith(": TCP conformance")
    assert (
        page.run("return document.querySelectorAll('img, main b b, iframe, [onerror]').length") == 0
    )
    assert page.run("return [...document.links].every((a) => /^(file|https):/.test(a.href))")


def test_no_script_but_ours_runs(page: Page, hostile_page: Path) -> None:
    """A script put in by hand; the page's own policy refuses it."""
    page.open(hostile_page.as_uri())
    page.run(
        "const script = document.createElement('script');"
        "script.textContent = 'window.taken = true'; document.body.append(script);"
    )
    assert page.run("return window.taken ?? null") is None
    assert any("Content Security Policy" in said for said in page.complaints())
