"""No false alarm: exchanges and duels at random (many in `make soak`), and hand-written cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import load_expectations
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.select import Selection, plan_target
from tcpassay.core.verdict import EXPECTED_BY_DEFAULT
from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.limits import Limits
from tcpassay.targets.registry import open_target
from tests.model.duels import try_duel
from tests.model.judging import MOST_HYPOTHESES, try_seed

if TYPE_CHECKING:
    from tcpassay.targets.contract import IpVersion

EXCHANGES = 300
#: Duels, and those that an alarm was once right about: the front sent again for what had been
#: reported of text long acknowledged; old text unanswered beside many challenges; TS.Recent of a
#: crossed SYN,ACK; what a waiting send() had taken before the reset.
DUELS = (*range(6), 236, 29, 197, 121, 24)
#: One case in so many is run here; each has its assertions of its own elsewhere.
ONE_CASE_IN = 3


def test_exchanges_at_random_raise_no_alarm() -> None:
    """Segments right and wrong, calls, losses and time at random; no violation, a small set."""
    judged = [try_seed(seed) for seed in range(EXCHANGES)]
    alarms = [str(each) for each in judged if each.broken]
    assert not alarms, "\n".join(alarms)
    assert 1 < max(each.peak for each in judged) <= MOST_HYPOTHESES


@pytest.mark.parametrize("seed", DUELS)
def test_duels_raise_no_alarm(seed: int) -> None:
    """Two stacks with settings, programs and a bad link at random; neither breaks a rule."""
    judged = try_duel(seed)
    assert not judged.broken, str(judged)
    assert judged.entries > 4
    assert judged.peak <= MOST_HYPOTHESES


@pytest.mark.parametrize("ip", [4, 6])
@pytest.mark.parametrize("name", ["reference", "reference-documents"])
def test_hand_written_cases_raise_no_alarm(name: str, ip: IpVersion) -> None:
    """Every third case; no violation, but where the case or the entry is expected not to pass."""
    catalogue, target = load_catalogue(), open_target(name)
    expectations = load_expectations(target.manifest.path.parent)
    selection = Selection(ip=(ip,))
    plan = plan_target(target, load_cases(), selection, catalogue, expectations)
    context = Context(target, "any", catalogue, expectations, 1, 60.0)
    runs = [run for run in plan.runs if not run.unsupported][(ip == 6) :: ONE_CASE_IN]
    alarms = []
    for run in runs:
        result, trace = run_case(context, run)
        report = judge_trace(trace, Limits(target.manifest.limits.msl_s, 0, trace.settings))
        unexplained = [
            violation
            for violation in report.violations
            if expectations.expected(f"oracle/{violation.requirement}", ip, "any") is None
        ]
        if unexplained and result.verdict in EXPECTED_BY_DEFAULT:
            alarms.append(f"{run.case.id}: {unexplained[0]}")
        assert report.peak <= MOST_HYPOTHESES
    assert len(runs) > 300
    assert not alarms, "\n".join(alarms)
