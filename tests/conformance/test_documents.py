"""Every statement of the source documents has a case of its own that the reference stack passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.plan import PlannedRun
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from tcpassay.conformance.result import CaseResult

CATALOGUE = load_catalogue()
CASES = [case for case in load_cases(catalogue=CATALOGUE) if case.id.startswith("documents/")]
STATEMENTS = [f"DOC-{number:02}" for number in range(1, 51)]
REFERENCE = open_target("reference")
PROFILE = open_target("reference-documents")


def result_of(target: str, case_id: str) -> CaseResult:
    """What one case says of one of the two targets."""
    opened = {"reference": REFERENCE, "reference-documents": PROFILE}[target]
    case = next(case for case in CASES if case.id == case_id)
    context = Context(opened, "", CATALOGUE, Expectations(), 0, 20.0)
    return run_case(context, PlannedRun(case, 4))[0]


def test_statements_are_those_of_the_catalogue() -> None:
    """The catalogue's DOC entries; 1 to 50, none missing."""
    assert [each.id for each in CATALOGUE if each.id.startswith("DOC-")] == STATEMENTS


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statement_is_judged_and_met(statement: str) -> None:
    """A statement; cases of the documents folder assert it, and reference meets every one."""
    own = [case for case in CASES if statement in case.mark.requirements and 4 in case.mark.ip]
    judged = {case.id: result_of("reference", case.id).judged.get(statement) for case in own}
    said = {verdict for verdict in judged.values() if verdict is not None}
    assert said == {Verdict.PASS}, judged


@pytest.mark.parametrize(
    "case_id",
    [
        "documents/connect/unanswered_connect_keeps_its_times",
        "documents/connect/unreachable_changes_no_time/net",
        "documents/connect/unreachable_changes_no_time/host",
        "documents/closing/time_wait_ends",
    ],
)
@pytest.mark.parametrize("target", ["reference", "reference-documents"])
def test_times_are_judged_by_what_the_manifest_claims(target: str, case_id: str) -> None:
    """Cases about the documents' times; both profiles pass, each by its own numbers."""
    assert result_of(target, case_id).verdict is Verdict.PASS
