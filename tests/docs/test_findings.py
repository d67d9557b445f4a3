"""docs/findings.md: each case is a known defect there, and passes on the reference stack."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.expectations import Expectations, load_expectations
from tcpassay.conformance.load import load_cases
from tcpassay.core.content import content_root
from tcpassay.core.verdict import Verdict
from tcpassay.reports.baseline import baseline_file, read_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (content_root() / "docs" / "findings.md").read_text()
TARGETS = ("lwip", "lwip-default", "lwip-asan", "gvisor")
QUOTED = re.compile(r"`([^`\n]+)`")


def named() -> Iterator[tuple[str, str]]:
    """The targets and cases of the findings: the first code of each, up to the first sentence."""
    for section in re.split(r"^## \d+\. .*\n", PAGE, flags=re.MULTILINE)[1:]:
        words = QUOTED.findall(section.partition("```")[0].partition(" RFC ")[0])
        targets = [word for word in words if word in TARGETS]
        for case in (word for word in words if "/" in word and "*" not in word):
            yield from ((target, case) for target in targets)


@cache
def expectations(target: str) -> Expectations:
    """Those of a target."""
    return load_expectations(content_root() / "targets" / target)


@cache
def known() -> frozenset[str]:
    """The ids of all cases."""
    return frozenset(case.id for case in load_cases())


def test_ten_findings() -> None:
    """The page; ten, each with frames, a case and a target."""
    assert len(re.findall(r"^## \d+\. ", PAGE, flags=re.MULTILINE)) == 10
    assert len({case for _, case in named()}) >= 10


@pytest.mark.parametrize(("target", "case"), sorted(set(named())))
def test_finding_is_expected_there_and_nowhere_on_the_reference(target: str, case: str) -> None:
    """A case that a finding names; a defect of the target, and it passes on the reference stack."""
    assert case in known()
    entries = [expectations(target).expected(case, ip, "") for ip in (4, 6)]
    assert any(entry is not None and entry.nature == "defect" for entry in entries)
    (reference,) = read_outcomes(baseline_file("reference"))
    verdicts = {one.verdict for one in reference.cases.values() if one.id == case}
    assert verdicts == {Verdict.PASS}
