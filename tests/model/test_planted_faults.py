"""No blind eye: for each fault planted in a trace the oracle names its clause, at its entry."""

from __future__ import annotations

import pytest

from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.oracle import judge_trace
from tests.model.edits import Script
from tests.model.exchanges import EXCHANGES, recorded
from tests.model.planted import FAULTS
from tests.model.planting import Fault


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_exchange_as_recorded_breaks_nothing(name: str) -> None:
    report = judge_trace(recorded(name))
    assert report.violations == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.exchange}: {fault.what}")
def test_the_clause_is_named_at_the_faulty_entry(fault: Fault) -> None:
    script = Script(recorded(fault.exchange))
    fault.plant(script)
    trace, n = script.trace()
    violations = judge_trace(trace).violations
    assert violations, "the oracle is blind"
    first = violations[0]
    assert (first.requirement, first.event) == (fault.requirement, n), str(first)
    assert first.why


def test_there_are_enough_and_each_is_bound_to_the_catalogue() -> None:
    assert len(FAULTS) >= 80
    catalogue = load_catalogue()
    for fault in FAULTS:
        assert catalogue.get(fault.requirement).id == fault.requirement
