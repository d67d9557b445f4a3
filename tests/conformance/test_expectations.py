from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance.expectations import (
    NATURES,
    Expectations,
    as_expected,
    load_expectations,
)
from tcpassay.conformance.result import CaseResult, Location
from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

LINUX = "Linux 6.18.44"
TEXT = """
[[expect]]
case = "rfc/*"
verdict = "deviation"
reason = "first"

[[expect]]
case = "rfc/3.6/one"
verdict = "fail"
reason = "second"
url = "https://example.org/"
ip = 6
target_version = "Linux 6.*"
"""


#: What a reason may call upon: an RFC, POSIX, the source documents, a page of the manual.
CLAUSE = re.compile(r"RFC \d+|POSIX|DOC-\d\d|[Tt]he documents|\w+\(7\)")
TARGETS = sorted(path.parent for path in (content_root() / "targets").glob("*/expectations.toml"))


def load(folder: Path, text: str) -> Expectations:
    (folder / "expectations.toml").write_text(text)
    return load_expectations(folder)


def result(case_id: str, verdict: Verdict, ip: Any = 4) -> CaseResult:
    return CaseResult(
        id=case_id,
        target="t",
        ip=ip,
        title="",
        location=Location("f", 1),
        requirements=(),
        verdict=verdict,
        as_expected=True,
    )


@pytest.mark.parametrize(
    ("case_id", "ip", "version", "reason"),
    [
        ("rfc/3.6/one", 6, LINUX, "second"),
        ("rfc/3.6/one", 4, LINUX, "first"),
        ("rfc/3.6/one", 6, "Linux 5.10", "first"),
        ("rfc/3.6/two", 6, LINUX, "first"),
        ("sockets/one", 4, LINUX, None),
    ],
)
def test_last_entry_that_covers_the_run_decides(
    tmp_path: Path, case_id: str, ip: int, version: str, reason: str | None
) -> None:
    found = load(tmp_path, TEXT).expected(case_id, ip, version)
    assert (found.reason if found else None) == reason


def test_entry_keeps_its_place(tmp_path: Path) -> None:
    entries = load(tmp_path, TEXT).entries
    assert [entry.line for entry in entries] == [2, 7]
    assert entries[1].file == str(tmp_path / "expectations.toml")


def test_without_file_nothing_is_expected_beyond_the_default(tmp_path: Path) -> None:
    assert load_expectations(tmp_path).entries == ()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_default_is_pass_info_or_unsupported(verdict: Verdict) -> None:
    assert as_expected(verdict, None) is (verdict in {"pass", "info", "unsupported"})


def test_unexpected_in_either_direction(tmp_path: Path) -> None:
    entry = load(tmp_path, TEXT).expected("rfc/3.6/two", 4, LINUX)
    assert as_expected(Verdict.DEVIATION, entry)
    assert not as_expected(Verdict.PASS, entry)
    assert not as_expected(Verdict.FAIL, entry)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('reason = "first"', 'raeson = "x"', r":5: missing key 'reason'"),
        ('"deviation"', '"deviaton"', r":4: .*nearest: 'deviation'"),
        ('"deviation"', '"error"', r":4: 'expect.0.verdict' is 'error', wanted one of"),
        ("ip = 6", "ip = 5", r":12: 'ip' is 5, wanted 4 or 6"),
        ("ip = 6", "ipv = 6", r":12: unknown key"),
        ('[[expect]]\ncase = "rfc/*"', '[[expects]]\ncase = "rfc/*"', ":2: unknown key 'exp"),
        ('"first"', "first", ":5:.*malformed TOML"),
    ],
)
def test_malformed_file_is_told_with_its_line(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"expectations.toml{message}"):
        load(tmp_path, TEXT.replace(before, after))


ONE = '[[expect]]\ncase = "rfc/*"\nverdict = "fail"\nreason = "r"\n'
KNOWN = frozenset({"rfc/one", "rfc/two", "sockets/one"})


@pytest.mark.parametrize(
    ("results", "why"),
    [
        ([("rfc/one", "pass"), ("rfc/two", "pass")], "expects fail, every case it matches ran"),
        ([("rfc/one", "pass"), ("rfc/two", "fail")], ""),
        ([("rfc/one", "pass")], ""),
        ([], ""),
        ([("sockets/one", "pass")], ""),
    ],
)
def test_stale_when_all_it_matches_ran_and_none_gave_its_verdict(
    tmp_path: Path, results: list[tuple[str, str]], why: str
) -> None:
    ran = [result(case_id, Verdict(verdict)) for case_id, verdict in results]
    stale = load(tmp_path, ONE).stale("t", LINUX, ran, KNOWN, KNOWN)
    assert [entry.why.startswith(why) for entry in stale] == ([True] if why else [])


def test_stale_when_it_matches_no_known_id(tmp_path: Path) -> None:
    expectations = load(tmp_path, ONE.replace("rfc/*", "rcf/*"))
    (stale,) = expectations.stale("t", LINUX, [], KNOWN, ())
    assert (stale.line, stale.why) == (1, "matches no known case")
    assert expectations.stale("t", LINUX, [], None, ()) == ()


def test_stale_when_later_entries_decide_everything(tmp_path: Path) -> None:
    ran = [result("rfc/one", Verdict.PASS), result("rfc/two", Verdict.PASS)]
    later = ONE.replace("fail", "pass")
    (stale,) = load(tmp_path, ONE + later).stale("t", LINUX, ran, KNOWN, KNOWN)
    assert (stale.line, stale.why) == (1, "later entries decide every case it matches")


def test_entry_for_another_version_or_ip_is_not_stale(tmp_path: Path) -> None:
    ran = [result("rfc/one", Verdict.PASS), result("rfc/two", Verdict.PASS)]
    for narrowing in ("ip = 6\n", 'target_version = "Linux 5*"\n'):
        assert load(tmp_path, ONE + narrowing).stale("t", LINUX, ran, KNOWN, KNOWN) == ()


def test_array_of_globs(tmp_path: Path) -> None:
    """One reason for several globs; an entry each, stale by itself."""
    text = """
[[expect]]
case = ["a/*", "b/c"]
verdict = "fail"
reason = "one"
"""
    expectations = load(tmp_path, text)
    assert [entry.case for entry in expectations.entries] == ["a/*", "b/c"]
    assert {entry.reason for entry in expectations.entries} == {"one"}
    (stale,) = expectations.stale("t", LINUX, [], {"a/x"}, ())
    assert stale.case == "b/c"


def test_source_that_is_partly_known(tmp_path: Path) -> None:
    """An entry for rows of a matrix that was not generated; not stale, unlike one for a case."""
    text = """
[[expect]]
case = "matrix/ESTABLISHED/*"
verdict = "fail"
reason = "one"
"""
    expectations = load(tmp_path, text)
    assert len(expectations.stale("t", LINUX, [], {"a/x"}, ())) == 1
    assert expectations.stale("t", LINUX, [], {"a/x"}, (), {"matrix"}) == ()


@pytest.mark.parametrize("folder", TARGETS, ids=lambda folder: folder.name)
def test_each_known_verdict_has_a_clause_and_a_nature(folder: Path) -> None:
    """The expectations of the project's own targets; each says by what clause, and what it is."""
    for entry in load_expectations(folder).entries:
        place = f"{entry.file}:{entry.line}"
        assert entry.nature in NATURES, f"{place}: 'nature' is missing"
        assert CLAUSE.search(entry.reason), f"{place}: the reason names no clause"


def test_nature_is_one_of_three(tmp_path: Path) -> None:
    """An entry of a nature that nobody knows; refused with its line and the nearest word."""
    text = TEXT.replace('reason = "first"', 'reason = "first"\nnature = "defekt"')
    with pytest.raises(ConfigurationError, match=r":6: .*'defekt'.* defect"):
        load(tmp_path, text)
