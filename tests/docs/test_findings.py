"""docs/findings.md: each case is a known defect there, and passes on the reference stack."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.expectations import EXCHANGES, Expectations, load_expectations
from tcpassay.conformance.load import load_cases
from tcpassay.core.content import content_root
from tcpassay.core.verdict import Verdict
from tcpassay.fuzz.finding.kept import finding_of
from tcpassay.reports.baseline import baseline_file, read_outcomes
from tcpassay.wire.tracefile import load

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (content_root() / "docs" / "findings.md").read_text()
TARGETS = ("lwip", "lwip-default", "lwip-asan", "gvisor", "linux")
KEPT = "fuzz/regressions/"
QUOTED = re.compile(r"`([^`\n]+)`")


def named() -> Iterator[tuple[str, str]]:
    """The targets and cases of the findings: the first code of each, up to the first sentence."""
    for section in re.split(r"^## \d+\. .*\n", PAGE, flags=re.MULTILINE)[1:]:
        words = QUOTED.findall(section.partition("```")[0].partition(" RFC ")[0])
        targets = [word for word in words if word in TARGETS]
        cases = (word for word in words if "/" in word and "*" not in word)
        for case in (word for word in cases if not word.startswith(KEPT)):
            yield from ((target, case) for target in targets)


@cache
def expectations(target: str) -> Expectations:
    """Those of a target."""
    return load_expectations(content_root() / "targets" / target)


@cache
def known() -> frozenset[str]:
    """The ids of all cases."""
    return frozenset(case.id for case in load_cases())


def sections() -> list[str]:
    """The findings, each without its heading."""
    return re.split(r"^## \d+\. .*\n", PAGE.partition("## Where to look")[0], flags=re.MULTILINE)[
        1:
    ]


def traces() -> list[str]:
    """The traces that the findings of the fuzzer name, one each."""
    return [word for text in sections() for word in QUOTED.findall(text) if word.startswith(KEPT)]


def test_all_findings() -> None:
    """The page; thirteen that cases show, each with a target, and ten that the fuzzer found."""
    assert len(sections()) == 23
    assert all("```" in text for text in sections())
    assert len({case for _, case in named()}) >= 13
    assert len(set(traces())) == 10


@pytest.mark.parametrize("name", traces())
def test_finding_of_the_fuzzer_is_kept_and_expected(name: str) -> None:
    """The trace of a finding; it is there, for its own target, whose expectations explain it."""
    finding = finding_of(load(content_root() / name), name)
    assert name.split("/")[2] == finding.target
    alarm = finding.alarm
    assert alarm.explained
    why = f"{EXCHANGES}/{alarm.key.requirement}/{alarm.why}"
    entry = expectations(finding.target).expected(why, 4, "")
    assert entry is not None
    assert entry.nature == "defect"


@pytest.mark.parametrize(("target", "case"), sorted(set(named())))
def test_finding_is_expected_there_and_nowhere_on_the_reference(target: str, case: str) -> None:
    """A case that a finding names; a defect of the target, and it passes on the reference stack."""
    assert case in known()
    entries = [expectations(target).expected(case, ip, "") for ip in (4, 6)]
    assert any(entry is not None and entry.nature == "defect" for entry in entries)
    (reference,) = read_outcomes(baseline_file("reference"))
    verdicts = {one.verdict for one in reference.cases.values() if one.id == case}
    assert verdicts == {Verdict.PASS}
