"""The reference stack gives what its baseline says: a change of a verdict is told by name."""

from __future__ import annotations

import random

import pytest

from tcpassay.cli.baselines import renewed_by
from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.plan import PlannedRun
from tcpassay.conformance.select import why_unsupported
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.baseline import baseline_file, read_outcomes
from tcpassay.targets.registry import open_target

#: Cases of each target that are tried; `make check-baselines` has all of them.
DRAWN = 60


@pytest.mark.parametrize("name", ["reference", "reference-documents"])
def test_drawn_cases_are_as_the_baseline(name: str) -> None:
    """Cases drawn from all; each gives the verdict that its baseline has, or was not there yet."""
    catalogue, target = load_catalogue(), open_target(name)
    (baseline,) = read_outcomes(baseline_file(name))
    there = [
        case
        for case in load_cases(catalogue=catalogue)
        if case.id in baseline.cases and not why_unsupported(case, target.manifest, catalogue)
    ]
    context = Context(target, "", catalogue, Expectations(), 1, 20.0)
    changed = []
    for case in random.Random(1).sample(there, DRAWN):
        result, _ = run_case(context, PlannedRun(case, 4))
        before = baseline.cases[case.id].verdict
        if result.verdict is not before:
            changed.append(f"{case.id}: {before} -> {result.verdict}: {result.message}")
    assert changed == [], f"where that is right, {renewed_by(name)}"
