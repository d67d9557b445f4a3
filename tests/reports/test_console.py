"""The console: what a reader finds, where, and that a target's text cannot steer the terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tcpassay.conformance.result import CaseEnded
from tcpassay.reports.console import ResultPrinter
from tcpassay.reports.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.result import RunEvent
    from tcpassay.reports.record import RunRecord


def _shown(record: RunRecord, *, colour: bool = False) -> str:
    text = io.StringIO()
    console = Console(file=text, width=120, force_terminal=colour, no_color=not colour)
    ResultPrinter(console, lambda name: f"{name} (MUST): text", Path("out")).show(record)
    return text.getvalue()


def test_table_counts_by_source(record: RunRecord) -> None:
    """Eight cases of four sources; a row each, and a sum."""
    rows = [
        line.replace("│", " ").replace("┃", " ").split() for line in _shown(record).splitlines()
    ]
    head = ["pass", "fail", "deviation", "info", "unsupported", "inconclusive", "error", "cases"]
    assert ["source", *head] in rows
    assert ["rfc5961", "1", "-", "1", "-", "-", "-", "-", "2"] in rows
    assert ["sockets", "-", "-", "-", "1", "-", "1", "1", "3"] in rows
    assert ["all", "2", "1", "1", "1", "1", "1", "1", "8"] in rows


def test_unexpected_case_is_told_whole(record: RunRecord) -> None:
    """A failed case; what, where, wanted and got, frames and how to see it again, in this order."""
    shown = _shown(record)
    wanted = [
        "FAIL  linux  rfc9293/3.10.7.3/rst_with_bad_ack (expected pass)",
        "stimulus     A SYN to a listener; SYN-ACK that acknowledges it.",
        "requirement  RFC9293:MUST-12 (MUST): text",
        "case         conformance/cases/rfc9293/s3_5.py:12",
        "message      the answer has another number than wanted",
        "field      got  want",
        "seg.seq    1    77",
        "last frames",
        "+0.001 > S. 0:0(0) ack 1",
        "the stack printed",
        "replay       tcpassay replay out/traces/linux/rfc9293__3.10.7.3__rst_with_bad_ack.json",
    ]
    at = 0
    for text in wanted:
        assert text in shown[at:]
        at = shown.index(text, at)


def test_unexpected_pass_is_told(record: RunRecord) -> None:
    """A pass where the expectations name a deviation; shown as what the gate objects to."""
    assert "UNEXPECTED PASS  linux  rfc5961/5.2/ack over IPv6 (expected deviation)" in _shown(
        record
    )


def test_known_non_passes_fold_by_reason(record: RunRecord) -> None:
    """Three known deviations of one reason; one line."""
    case = record.cases[2]
    more = [replace(case, result=replace(case.result, id=f"rfc5961/{n}")) for n in range(5)]
    shown = _shown(replace(record, cases=(*record.cases, *more)))
    line = (
        "  deviation 6  Linux limits the rate [bold] (a choice): "
        "rfc5961/0, rfc5961/1, rfc5961/2, rfc5961/3 and 2 more"
    )
    assert line in shown.splitlines()
    assert "  unsupported 1  no timestamps: rfc7323/paws" in shown.splitlines()


def test_what_did_not_run_is_told(record: RunRecord) -> None:
    """A target that never started, a slow case, a stale expectation; a line each."""
    lines = _shown(record).splitlines()
    assert "lwip: not started: no agent built: make targets/lwip" in lines
    slow = "linux: 1 case not run: needs 15 min of real time: rfc9293/3.8.3/give_up"
    assert slow in lines
    stale = "targets/linux/expectations.toml:9: stale expectation for rfc9293/*/gone on linux: x"
    assert stale in lines
    assert (
        "linux: 8 cases: 2 pass, 1 fail, 1 deviation, 1 info, 1 unsupported, 1 inconclusive,"
        in (_shown(record))
    )
    assert "reference: 1 case: 1 pass; all as expected" in lines


def test_hostile_text_is_escaped(record: RunRecord) -> None:
    """Escape sequences, markup and changes of direction from the target; shown, not obeyed."""
    shown = _shown(record)
    assert "\\x1b[31mred[/] \\u202eback \\x00 & <b>" in shown
    assert not set("\x1b\x00\u202e") & set(shown)


def test_colour_only_where_wanted(record: RunRecord) -> None:
    """A terminal; the verdict in colour, the same text without it elsewhere."""
    coloured = _shown(record, colour=True)
    assert "\x1b[1;31mFAIL" in coloured
    assert "\x1b" not in _shown(record)


def _clock(times: list[float]) -> Iterator[float]:
    yield from times
    while True:
        yield times[-1]


def test_plain_progress(events: list[RunEvent]) -> None:
    """No terminal; a line a phase, a line an unexpected verdict, a count every five seconds."""
    text = io.StringIO()
    clock = _clock([0.0, *(float(n) for n in range(60))])
    with Progress(Console(file=text, width=200), now=lambda: next(clock)) as progress:
        for event in events:
            progress(event)
    lines = text.getvalue().splitlines()
    assert lines[0] == "tcpassay: reference: tcpref 0.1, virtual clock: running 1 case"
    assert lines[1].startswith("tcpassay: linux: Linux 6.18 \\x1b[2J, real clock: running 8 cases")
    fail = "tcpassay: fail: linux  rfc9293/3.10.7.3/rst_with_bad_ack (expected pass)"
    assert fail in lines
    counts = [line for line in lines if " of 8" in line]
    assert counts[0] == "tcpassay: reference: 0 of 1; linux: 2 of 8"
    assert len(counts) == 4


def test_live_progress_shows_what_is_in_flight(events: list[RunEvent]) -> None:
    """A terminal; counts a verdict and the running case, erased at the end."""
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=True, color_system=None)
    clock = _clock([float(n) for n in range(60)])
    started = [event for event in events if not isinstance(event, CaseEnded)]
    with Progress(console, now=lambda: next(clock)) as progress:
        for event in started:
            progress(event)
    shown = text.getvalue()
    assert "linux  0/8" in shown
    assert "linux:rfc9293/3.5/three_way_handshake" in shown
    assert shown.endswith("\x1b[2K")


def test_rows_of_the_matrix_fold(record: RunRecord) -> None:
    """Six failed rows of one requirement; one in full, the first few of the others by id."""
    failed = record.cases[1]
    rows = [
        replace(failed, result=replace(failed.result, id=f"matrix/CLOSED/{name}"))
        for name in "abcdef"
    ]
    shown = _shown(replace(record, cases=(failed, *rows)))
    assert shown.count("(expected pass)") == 2
    assert "FAIL  linux  matrix/CLOSED/a (expected pass)" in shown
    more = "and 5 more rows at RFC9293:MUST-12: matrix/CLOSED/b, matrix/CLOSED/c, matrix/CLOSED/d"
    assert f"{more}, matrix/CLOSED/e and 1 more" in shown
