"""Proposed changes of an expectations.toml: entries come and go, everything else stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from tcpassay.conformance.expectations import load_expectations
from tcpassay.conformance.renewal import Proposal, Renewal, propose, renew
from tcpassay.conformance.result import CaseResult, Location, StaleExpectation
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

FAIL, DEVIATION, PASS = Verdict.FAIL, Verdict.DEVIATION, Verdict.PASS

TEXT = """# Known.

[[expect]]
case = "a/b/one"  # the first
verdict = "fail"
reason = "RFC 1, 2"

# Of the second kind.

[[expect]]
case = [
  "a/b/two", "a/b/three",  # both
  "a/b/four",
]
verdict = "deviation"
reason = "RFC 3, 4"
# The end.
"""


def result(
    name: str,
    verdict: Verdict = FAIL,
    line: int = 1,
    ip: Literal[4, 6] = 4,
    *,
    expected: bool = False,
) -> CaseResult:
    return CaseResult(
        id=name,
        target="t",
        ip=ip,
        title="",
        location=Location("f.py", line),
        requirements=("RFC9293:MUST-14",),
        verdict=verdict,
        as_expected=expected,
        message=f'got "{name}"',
    )


def stale(case: str, line: int) -> StaleExpectation:
    return StaleExpectation("t", case, "expectations.toml", line, "why")


def renewed(
    folder: Path, proposals: tuple[Proposal, ...] = (), gone: tuple[StaleExpectation, ...] = ()
) -> Renewal:
    path = folder / "expectations.toml"
    path.write_text(TEXT)
    return renew(path, proposals, gone)


def test_only_what_nobody_expected_is_proposed() -> None:
    """A fail, an expected fail and an error; an entry for the first alone."""
    results = [result("a/b"), result("a/c", expected=True), result("a/d", Verdict.ERROR)]
    (one,) = propose(results)
    assert (one.cases, one.verdict, one.ip) == (("a/b",), FAIL, None)
    assert one.hint == 'got "a/b"'


def test_rows_of_a_case_share_an_entry() -> None:
    """All rows of a case fail, two of three rows of another; a glob, and an array."""
    every = [result(f"a/b/{row}", line=1) for row in "xyz"]
    some = [
        result(f"a/c/{row}", PASS if row == "x" else FAIL, 2, expected=row == "x") for row in "xyz"
    ]
    whole, part = propose([*every, *some])
    assert whole.cases == ("a/b/*",)
    assert part.cases == ("a/c/y", "a/c/z")


def test_functions_of_one_section_are_no_rows() -> None:
    """Two cases below one folder fail; an entry each."""
    proposals = propose([result("a/b/x", line=1), result("a/b/y", line=2)])
    assert [one.cases for one in proposals] == [("a/b/x",), ("a/b/y",)]


def test_rows_of_the_matrix_share_what_they_broke() -> None:
    """Two matrix rows of one rule, one of another; two entries, with ids and no glob."""
    rule, other = {"RFC9293:X": FAIL}, {"RFC9293:Y": FAIL}
    results = [
        replace(result("matrix/A/1"), judged=rule),
        replace(result("matrix/A/2"), judged=rule),
        replace(result("matrix/A/3"), judged=other),
    ]
    assert [one.cases for one in propose(results)] == [
        ("matrix/A/1", "matrix/A/2"),
        ("matrix/A/3",),
    ]


def test_one_ip_version() -> None:
    """A case that fails over IPv6 alone, and one that fails over both; ip = 6, and none."""
    results = [
        result("a/b", PASS, 1, 4, expected=True),
        result("a/b", FAIL, 1, 6),
        result("a/c", FAIL, 2, 4),
        result("a/c", FAIL, 2, 6),
    ]
    assert [(one.cases, one.ip) for one in propose(results)] == [(("a/b",), 6), (("a/c",), None)]


def test_new_entries_stand_at_the_end(tmp_path: Path) -> None:
    """One entry with awkward text; what was there stays, and the text is read back as it was."""
    hint = 'say "x\\y" \x7f\n'
    found = renewed(tmp_path, (Proposal(("n/1", "n/2"), DEVIATION, 6, hint),))
    assert found.after.startswith(TEXT.rstrip())
    assert found.added == 1
    assert '[[expect]]\ncase = [\n  "n/1",\n  "n/2",\n]\nverdict = "deviation"\n' in found.after
    (tmp_path / "expectations.toml").write_text(found.after)
    with pytest.raises(ConfigurationError, match="still to be written"):
        load_expectations(tmp_path)
    (tmp_path / "expectations.toml").write_text(found.after.replace("FILL IN: ", "RFC 5, 6: "))
    last = load_expectations(tmp_path).entries[-1]
    assert (last.case, last.verdict, last.ip) == ("n/2", DEVIATION, 6)
    assert last.reason == f"RFC 5, 6: {hint}"


def test_stale_entry_goes_with_its_place(tmp_path: Path) -> None:
    """The first entry is stale; its lines go, comments before and behind it stay."""
    found = renewed(tmp_path, gone=(stale("a/b/one", 3),))
    assert found.after == TEXT.replace(
        '[[expect]]\ncase = "a/b/one"  # the first\nverdict = "fail"\nreason = "RFC 1, 2"\n\n', ""
    )
    assert found.removed == 1


def test_stale_glob_of_an_array(tmp_path: Path) -> None:
    """One glob of three is stale; it goes, the others stay as they were written."""
    found = renewed(tmp_path, gone=(stale("a/b/two", 10),))
    assert found.after == TEXT.replace('"a/b/two", ', "")
    last = renewed(tmp_path, gone=(stale("a/b/four", 10),)).after
    assert last == TEXT.replace('  "a/b/four",\n', "")
    every = (stale("a/b/two", 10), stale("a/b/three", 10), stale("a/b/four", 10))
    assert "a/b/four" not in renewed(tmp_path, gone=every).after


def test_entry_that_is_elsewhere_now_stays(tmp_path: Path) -> None:
    """The run's file had it on another line; nothing is taken out on a guess."""
    assert renewed(tmp_path, gone=(stale("a/b/one", 99),)).after == TEXT


def test_there_was_no_file(tmp_path: Path) -> None:
    """A target without expectations; the file begins with the new entry."""
    found = renew(tmp_path / "expectations.toml", (Proposal(("n/1",), FAIL, None, ""),), ())
    assert found.after.startswith('[[expect]]\ncase = "n/1"\n')
    assert (found.before, found.added) == ("", 1)


def test_layout_that_cannot_be_edited(tmp_path: Path) -> None:
    """An array of inline tables; refused rather than spoilt."""
    path = tmp_path / "expectations.toml"
    path.write_text('expect = [{case = ["a", "b"], verdict = "fail", reason = "r"}]\n')
    with pytest.raises(ConfigurationError, match="edit it by hand"):
        renew(path, (Proposal(("n/1",), FAIL, None, ""),), (stale("a", 1),))
