"""Targets side by side, and runs one after the other: what differs and what changed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import array, mapping
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.baseline import baseline_file, baseline_text, read_outcomes
from tcpassay.reports.changes import Changes, changes
from tcpassay.reports.changes_html import render_changes
from tcpassay.reports.changes_text import changes_json, changes_markdown, lines, summary
from tcpassay.reports.compare_console import ComparePrinter
from tcpassay.reports.compare_files import markdown, side_by_side_json
from tcpassay.reports.outcomes import Outcome, TargetOutcomes, labelled, outcomes_of
from tcpassay.reports.sidebyside import Cell, SideBySide, side_by_side
from tcpassay.reports.wording import describe

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.reports.record import RunRecord

MSS = "RFC9293:MUST-14"
SWS = "RFC9293:MUST-12"
PASS, FAIL, DEVIATION = Verdict.PASS, Verdict.FAIL, Verdict.DEVIATION
INFO, UNSUPPORTED = Verdict.INFO, Verdict.UNSUPPORTED


def outcome(
    name: str,
    verdict: Verdict = PASS,
    requirement: str = MSS,
    *,
    as_expected: bool = True,
    **measured: float | str,
) -> Outcome:
    judged = {} if verdict is UNSUPPORTED else {requirement: verdict}
    return Outcome(
        name, 4, verdict, (requirement,), judged, measured, as_expected, message=f"{name} says so"
    )


def target(
    name: str, *outcomes: Outcome, clock: str = "virtual", version: str = "1"
) -> TargetOutcomes:
    cases = {each.key: each for each in outcomes}
    return TargetOutcomes(name, name, "", version, clock, (), cases)


def compared(*columns: TargetOutcomes) -> SideBySide:
    return side_by_side(columns, load_catalogue())


def changed(old: Outcome | None, new: Outcome | None, clock: str = "virtual") -> Changes:
    before = [old] if old else []
    after = [new] if new else []
    return changes([target("t", *before, clock=clock)], [target("t", *after, clock=clock)])


def test_a_cell_is_what_weighs_most() -> None:
    """A requirement with a pass, a fail and an unsupported case; F, one of the two judged."""
    one = target(
        "one", outcome("a"), outcome("b", FAIL, as_expected=False), outcome("c", UNSUPPORTED)
    )
    two = target("two", outcome("a"))
    (row,) = compared(one, two).rows
    assert row.cells == (Cell(FAIL, 1, 2, as_expected=False), Cell(PASS, 1, 1))
    assert [str(cell) for cell in row.cells] == ["F 1/2 !", "P"]
    assert [str(cell) for cell in row.cases[2].cells] == ["u", "-"]


def test_what_was_not_run_is_no_difference() -> None:
    """A case that one target did not run; the same. Another verdict in one of two; different."""
    one = target("one", outcome("a"), outcome("b"))
    assert [row.differs for row in compared(one, target("two", outcome("a"))).rows] == [False]
    both = target("two", outcome("a"), outcome("b", DEVIATION))
    (row,) = compared(one, both).rows
    assert (row.differs, [case.differs for case in row.cases]) == (True, [False, True])


def test_rows_are_in_the_catalogues_order() -> None:
    """Requirements in the order of cases, one unknown; the catalogue's order, the unknown last."""
    one = target("one", outcome("a", requirement="X:1"), outcome("b"), outcome("c", PASS, SWS))
    found = compared(one, target("two"))
    known = [requirement.id for requirement in load_catalogue()]
    assert [row.id for row in found.rows] == [*sorted((MSS, SWS), key=known.index), "X:1"]
    assert list(found.sources()) == ["RFC9293", "X"]
    assert found.totals()[0][PASS] == 3
    assert found.totals()[1][None] == 3


def test_fewer_than_two_targets() -> None:
    """One target; there is nothing to compare."""
    with pytest.raises(ConfigurationError, match="there is only one"):
        compared(target("one"))


def test_values_beside_each_other() -> None:
    """Numbers, lists of numbers and words; numbers always shown, words where they differ."""
    one = target("one", outcome("a", rto=1.0, waits="1.0 2.0", answer="RST", same="x"))
    two = target("two", outcome("a", rto=0.2, waits="1.0 2.0", answer="ACK", same="x"))
    found = compared(one, two)
    by_name = {row.name: row for row in found.measured}
    assert by_name["rto"].values == (1.0, 0.2)
    assert [name for name, row in by_name.items() if row.numeric] == ["rto", "waits"]
    text = markdown(found)
    assert "| a | rto | 1 | 0.2 |" in text
    assert "| a | waits | 1.0 2.0 | 1.0 2.0 |" in text
    assert "| a | answer | RST | ACK |" in text
    assert "| a | same |" not in text
    assert "| a | same | x | x |" in markdown(found, every=True)


def test_console_shows_what_differs() -> None:
    """A requirement that differs and one that does not; the second with --all, cases unfolded."""
    one = target("one", outcome("a/b"), outcome("c", PASS, SWS, rto=1.0))
    two = target("two\x1b[2J", outcome("a/b", FAIL), outcome("c", PASS, SWS, rto=0.25))
    found = compared(one, two)
    told = _printed(ComparePrinter, found)
    assert MSS in told
    assert SWS not in told
    assert "1 of 2 requirements differ; 1 of 1 values differ; --all shows the others" in told
    assert re.search(r"│ c +│ rto +│ +1 │ +0.25 │", told)
    assert "\x1b" not in told
    every = _printed(ComparePrinter, found, every=True, cases=True)
    assert SWS in every
    assert "a/b" in every


def _printed(
    printer: type[ComparePrinter], found: SideBySide, *, every: bool = False, cases: bool = False
) -> str:
    console = Console(width=110, no_color=True, highlight=False, markup=False)
    with console.capture() as capture:
        printer(console, every=every, cases=cases).show(found)
    return capture.get()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_console_of_any_width(width: int) -> None:
    """Two targets on a narrow and on a wide terminal; every id in one piece."""
    long = "RFC9293:3.10.7.4-ACK-CLOSING-OTHER"
    found = compared(
        target("one", outcome("a/b", FAIL, long)), target("two", outcome("a/b", PASS, long))
    )
    console = Console(width=width, no_color=True, highlight=False, markup=False)
    with console.capture() as capture:
        ComparePrinter(console).show(found)
    assert width == 60 or long in capture.get()
    assert "1 of 1 requirements differ" in capture.get()


def test_json_has_every_row() -> None:
    """The comparison as JSON; verdicts, counts and cases a target, and no row left out."""
    found = compared(target("one", outcome("a"), outcome("b", FAIL)), target("two", outcome("a")))
    value = side_by_side_json(found)
    row = mapping(array(value["requirements"])[0])
    assert mapping(row["targets"])["one"] == {
        "verdict": "fail",
        "cases": 1,
        "of": 2,
        "as_expected": True,
    }
    assert mapping(row["cases"])["b"] == {"one": "fail", "two": None}


def test_markdown_is_no_markup() -> None:
    """Text from a target with pipes, asterisks and control characters; all of it escaped."""
    text = markdown(
        compared(target("a|b", outcome("c*d")), target("<t>\x1b", outcome("c*d", FAIL)))
    )
    assert "a\\|b" in text
    assert "\\<t>\\\\x1b" in text


def test_labels_of_one_target_twice() -> None:
    """Two versions of a target, and the same twice; told apart by version, or by file."""
    two = [target("linux", version="6.1"), target("linux", version="6.18")]
    assert [c.label for c in labelled(two, ["a", "b"])] == ["linux (6.1)", "linux (6.18)"]
    same = [target("linux"), target("linux")]
    assert [c.label for c in labelled(same, ["a", "b"])] == ["linux (1: a)", "linux (2: b)"]


@pytest.mark.parametrize(
    ("before", "after", "kind", "worse"),
    [
        (PASS, FAIL, "newly failing", True),
        (PASS, Verdict.INCONCLUSIVE, "newly failing", True),
        (DEVIATION, FAIL, "newly failing", True),
        (UNSUPPORTED, FAIL, "newly failing", True),
        (FAIL, DEVIATION, "newly passing", False),
        (FAIL, INFO, "newly passing", False),
        (PASS, UNSUPPORTED, "no longer judged", True),
        (UNSUPPORTED, PASS, "newly judged", False),
        (PASS, INFO, "another choice", False),
    ],
)
def test_kinds_of_change(before: Verdict, after: Verdict, kind: str, worse: bool) -> None:
    """One case with another verdict; what that is called, and whether it is worse."""
    found = changed(outcome("a", before), outcome("a", after))
    assert [(change.kind, change.requirement) for change in found.changes] == [(kind, MSS)]
    assert found.worse is worse


def test_new_and_gone_cases() -> None:
    """A case that is gone, one that is new, one that is new and fails; only the last is worse."""
    gone = changed(outcome("a"), None)
    assert ([change.kind for change in gone.changes], gone.worse) == (["gone"], False)
    new = changed(None, outcome("a", FAIL))
    assert ([change.kind for change in new.changes], new.worse) == (["new"], False)
    bad = changed(None, outcome("a", FAIL, as_expected=False))
    assert ([change.kind for change in bad.changes], bad.worse) == (["new and failing"], True)


def test_nothing_changed() -> None:
    """The same outcomes twice; nothing, and it says so."""
    found = changed(outcome("a", rto=1.0), outcome("a", rto=1.0))
    assert (found.changes, found.measures, found.worse) == ((), (), False)
    assert summary(found) == "nothing changed"


@pytest.mark.parametrize(
    ("clock", "before", "after", "same"),
    [
        ("virtual", 1.0, 1.01, False),
        ("real", 1.0, 1.2, True),
        ("real", 1.0, 2.0, False),
        ("real", "0.2 0.4 0.8", "0.21 0.39 0.81", True),
        ("real", "0.2 0.4 0.8", "0.2 0.2 0.2", False),
        ("real", "RST at 1", "ACK at 1", False),
    ],
)
def test_changed_measures(clock: str, before: float | str, after: float | str, same: bool) -> None:
    """A value measured anew; told where it differs, on a real clock by more than a quarter."""
    found = changed(outcome("a", value=before), outcome("a", value=after), clock)
    assert (found.measures == ()) is same
    assert not found.worse


def test_no_target_in_both() -> None:
    """Runs of two targets; refused, with both names."""
    with pytest.raises(ConfigurationError, match="one has a, the other b"):
        changes([target("a")], [target("b")])


def test_a_target_that_is_missing_now(record: RunRecord) -> None:
    """Judged before; not named now, not started, skipped: worse, with the reason, in all forms."""
    before = [target("linux"), target("lwip")]
    (absent,) = record.not_started
    for later, told in (
        (None, "lwip is not in the second"),
        (record, "lwip did not start: no agent built: make targets/lwip"),
        (
            replace(record, not_started=(replace(absent, skipped=True),)),
            "lwip was skipped: no agent built: make targets/lwip",
        ),
    ):
        found = changes(before, [target("linux"), target("new")], later)
        assert found.worse
        assert found.missing == (told,)
        assert summary(found) == f"WORSE: {told}; new only in the second"
        assert changes_json(found)["missing"] == [told]
        assert f"WORSE: {told}" in render_changes(found, describe)
    alone = changes([target("lwip")], [], record)
    assert alone.worse
    assert "Every case gives what it gave before" not in render_changes(alone, describe)
    assert not changes([target("linux")], before, record).worse


def test_a_later_run_without_its_end(record: RunRecord) -> None:
    """Cut short by a kill, interrupted by a signal; worse, with how far it came."""
    for later, told in (
        (replace(record, complete=False), "the second was cut short: 9 of 9 cases ended"),
        (
            replace(record, interrupted="SIGINT", cases=record.cases[:2]),
            "the second was interrupted by SIGINT: 2 of 9 cases ended",
        ),
    ):
        found = changes(outcomes_of(record), outcomes_of(record), later)
        assert found.worse
        assert told in summary(found)
    assert not changes(outcomes_of(record), outcomes_of(record), record).worse


def test_changes_are_told_by_requirement() -> None:
    """Eight rows of one requirement fail; named once, six told, two counted, in all three forms."""
    names = [f"c/{n}" for n in range(8)]
    found = changes(
        [target("t", *map(outcome, names)), target("old")],
        [target("t", *(outcome(name, FAIL) for name in names))],
    )
    told = "\n".join(text for text, _ in lines(found, describe))
    assert told.count(f"{MSS} (MUST, section 3.7.1)") == 1
    assert told.count("pass -> fail  t  c/") == 6
    assert "and 2 more cases" in told
    assert "WORSE: old is not in the second; 8 newly failing" in told
    assert changes_markdown(found, describe).count("- pass -> fail") == 8
    value = changes_json(found)
    assert (value["worse"], len(array(value["changes"]))) == (True, 8)


# Baselines


def test_baseline_of_a_run(record: RunRecord, tmp_path: Path) -> None:
    """A run as baselines, read back; the same verdicts, and the same text again."""
    for column in outcomes_of(record):
        path = tmp_path / f"{column.name}.json"
        path.write_text(baseline_text(column))
        (again,) = read_outcomes(path)
        assert baseline_text(again) == baseline_text(column)
        assert again.version == column.version
        verdicts = {key: each.verdict for key, each in column.cases.items()}
        assert {key: each.verdict for key, each in again.cases.items()} == verdicts
        assert not changes([again], [column]).changes


def test_baseline_keeps_two_digits_of_a_real_clock() -> None:
    """0.2034 s on a real clock and on a virtual one; 0.2, and all of it."""
    real = baseline_text(target("t", outcome("a", rto=0.2034, count=12345), clock="real"))
    assert '"rto": 0.2, "count": 12345' in real
    assert "0.2034" in baseline_text(target("t", outcome("a", rto=0.2034)))


@pytest.mark.parametrize(
    "text", ['{"baseline": 2}', '{"baseline": 1}', '{"baseline": 1, "target": 3, "cases": {}}']
)
def test_malformed_baseline(tmp_path: Path, text: str) -> None:
    """Another version, missing parts; one line that names the command that renews it."""
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="not a baseline of version 1") as raised:
        read_outcomes(path)
    assert "make baselines" in str(raised.value)


@pytest.mark.parametrize("name", ["reference", "reference-documents", "linux"])
def test_own_baselines_are_small_and_plain(name: str) -> None:
    """The project's baselines; below 300 kB, in the form that is written, requirements known."""
    path = baseline_file(name)
    (column,) = read_outcomes(path)
    assert path.stat().st_size < 300_000
    assert path.read_text() == baseline_text(column)
    known = {requirement.id for requirement in load_catalogue()}
    assert {each for case in column.cases.values() for each in case.requirements} <= known
