"""A run in which everything that a target, or a record from elsewhere, may say is hostile."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from tcpassay.conformance.result import (
    Alarm,
    CaseResult,
    Location,
    NotRun,
    StaleExpectation,
    TargetInfo,
    TargetNotStarted,
)
from tcpassay.core.trace import FieldDiff, Judgement, Trace
from tcpassay.core.verdict import Level, Verdict
from tcpassay.reports.record import CaseRecord, RunRecord, count
from tcpassay.reports.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What opens something in HTML, XML, Markdown, a terminal, JSON or GitHub's log.
PIECES = (
    "<script>alert(1)</script>",
    "</script></style></textarea></details><img src=x onerror=alert(1)>",
    "\" onmouseover='alert(1)'",
    "{{ 7 * 7 }}{% raw %}",
    "]]><!-- <![CDATA[ -->&lt;&amp;&#0;&x;",
    "| cell | ``` `code` **bold** _it_ ~~no~~ $x$",
    "[link](javascript:alert(1)) ![i](http://example.net/x) <http://example.net>",
    "http://example.net www.example.net mailto:a@example.net @somebody #1",
    "\n# heading\n- item\n1. one\n> quote\n---\n```\n",
    "\n::error file=a,line=1::forged\r\n::stop-commands::x\n##[error]forged %0A::error::x %25",
    "\x1b[2J\x1b]0;title\x07\x9b31m\x00\x08\x7f",
    "\u202eright to left\u2066\u2028line\u2029paragraph\x85next\x0b\x0c\x1c",
    "\ud800 lone \udfff \udcff\udcfe surrogates \ufffe\uffff\ufdd0",
    b"\xff\xfe not UTF-8 \xc3\x28".decode(errors="surrogateescape"),
    '\\ \\" \\u0000 \\n',
)
HOSTILE = " ".join(PIECES)
MEGABYTE = 1 << 20


def endless() -> str:
    """The same until it is a megabyte."""
    return (HOSTILE * (MEGABYTE // len(HOSTILE) + 1))[:MEGABYTE]


def hostile_results(text: str) -> Iterator[CaseResult]:
    """A case a verdict, expected and not; two that tell no more than they have to."""
    whole = CaseResult(
        id=f"hostile/{text}",
        target=text,
        ip=4,
        title=text,
        location=Location(text, 1),
        requirements=(text, "RFC9293:MUST-12"),
        verdict=Verdict.FAIL,
        as_expected=False,
        reason=text,
        nature=text,
        judged={text: Verdict.FAIL, "RFC9293:MUST-12": Verdict.PASS},
        message=text,
        diff=(FieldDiff(text, text, text),) * 3,
        frames=(text,) * 3,
        measured={text: text, "slope": float("inf")},
        stderr=text,
    )
    for number, verdict in enumerate(Verdict):
        wanted = replace(whole, id=f"hostile/{number}/{text}", verdict=verdict)
        yield wanted
        yield replace(wanted, id=f"hostile/{number}/known/{text}", ip=6, as_expected=True)
    yield replace(whole, id="oracle/" + text)
    yield replace(whole, id="", requirements=(), judged={}, message="", diff=(), title="")


def hostile_trace(text: str) -> Trace:
    """Datagrams of octets that are no text, and words of the stack's; one breaks an expectation."""
    trace = Trace(case=text, target=text, ip=4, stack_addresses=("192.0.2.1",), settings=(text,))
    syn = bytes.fromhex(
        "45000028000100004006f6cac0000202c00002018000005000000001000000005002fffffab20000"
    )
    trace.append(0, "send", syn)
    trace.append(1, "receive", b"\xff<script>" + bytes(range(256)))
    trace.append(2, "log", text)
    trace.append(3, "note", text)
    diff = (FieldDiff(text, text, text),)
    trace.append(4, "expect", Judgement(text, {text: text}, False, text, 1, text, diff))
    return trace


def hostile_record(text: str, trace: str | None = None, most: int = 100) -> RunRecord:
    """A run of one target, `most` cases at most. All name the same `trace`."""
    results = islice(hostile_results(text), most)
    alarm = Alarm(1, text, text, text, (text,), Level.MUST, False)
    cases = tuple(CaseRecord(each, trace, trace, (alarm,)) for each in results)
    target = TargetInfo(text, text, text, "real", (text,))
    return RunRecord(
        seed=7,
        started="2026-03-01T12:00:00+00:00",
        targets=(target,),
        cases=cases,
        totals=count(cases),
        tool=f"tcpassay {text}",
        planned={text: 100},
        not_started=(TargetNotStarted(text, text, skipped=False),),
        not_run=(NotRun(text, text, text),),
        stale=(StaleExpectation(text, text, text, 3, text),),
        interrupted=text,
    )


def shown(text: str) -> list[str]:
    """What a reader has to see of `text`, piece by piece."""
    return [one_line(piece).strip() for piece in PIECES if piece in text]
