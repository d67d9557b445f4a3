"""What tier one accepts the oracle has nothing against: on each target, and with wrong answers.

`make soak-tiers` has 100,000 cases of each target.
"""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.events import Returned
from tcpassay.fuzz.predictor import Predictor
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.limits import Limits
from tcpassay.targets.building import is_built
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tests.fuzz.tiers import agreement
from tests.model.edits import Script
from tests.model.exchanges import EXCHANGES, recorded
from tests.model.planted import FAULTS

if TYPE_CHECKING:
    from tcpassay.targets.contract import IpVersion, Target
    from tests.model.planting import Fault

#: Cases of each target, where that is more than a sample.
SOAK = 100_000 if os.environ.get("TCPASSAY_SOAK") else 0
#: Cases of a target, how many wrong answers are planted in each that is accepted, and the share
#: of what the oracle has nothing against that tier one has to accept.
CASES = {"reference": (1_000, 1, 0.9), "lwip": (400, 1, 0.8), "gvisor": (300, 1, 0.6)}


def ready(name: str) -> Target:
    """A target that can be started here; the test is skipped where it cannot."""
    target = open_target(name)
    if target.manifest.kind == "process" and not is_built(target.manifest):
        pytest.skip(f"{name} is not built: tcpassay targets build {name} --install")
    try:
        target.start(StackOptions(seed=0)).close()
    except TargetUnavailableError as refusal:
        pytest.skip(str(refusal))
    return target


@pytest.mark.parametrize("name", CASES)
def test_tiers_agree(name: str) -> None:
    """Sequences and the sweep, as they are and with wrong answers planted one by one."""
    cases, plant, share = CASES[name]
    with closing(ready(name)) as target:
        found = agreement(target, range(SOAK or cases), plant=plant)
    assert found.wrong == []
    assert found.cases > (SOAK or cases) * 0.7
    assert found.share > share
    assert found.named > found.planted * 0.3 > 0


def test_tiers_agree_on_the_kernel() -> None:
    """The same on a real clock."""
    with closing(ready("linux")) as target:
        found = agreement(target, range(SOAK or 400), plant=2)
    assert found.wrong == []
    assert found.share > 0.8
    assert found.named > 0


@pytest.mark.parametrize("ip", [4, 6])
def test_no_planted_answer_is_accepted(ip: IpVersion) -> None:
    """Many wrong answers in few cases, with IPv6 as with IPv4."""
    with closing(open_target("reference")) as target:
        found = agreement(target, range(1_000, 1_080), ip=ip, seed=ip, plant=15)
    assert found.wrong == []
    assert found.planted > 600
    assert found.named > found.planted * 0.3


@pytest.mark.parametrize("name", EXCHANGES)
def test_recorded_exchanges_are_no_contradiction(name: str) -> None:
    """What the oracle's own exchanges show is followed to the end, accepted or not."""
    trace = recorded(name)
    followed = Predictor(trace.stack_addresses, Limits()).follow(trace.entries)
    assert followed.accepted is (followed.at is None)
    assert len(followed.triples) >= sum(entry.kind == "call" for entry in trace)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.exchange}: {fault.what}")
def test_a_fault_that_the_oracle_names_is_not_accepted(fault: Fault) -> None:
    """Every fault that is planted for the oracle."""
    script = Script(recorded(fault.exchange))
    fault.plant(script)
    trace, _ = script.trace()
    assert judge_trace(trace).violations
    assert not Predictor(trace.stack_addresses, Limits()).follow(trace.entries).accepted


def test_edits_of_returns_are_told() -> None:
    """A return that is changed is refused at its own entry."""
    trace = recorded(next(iter(EXCHANGES)))
    at = next(
        i
        for i, entry in enumerate(trace)
        if isinstance(entry.data, Returned) and any(tag == "octets" for tag, _ in entry.data.out)
    )
    entries = list(trace)
    returned = entries[at].data
    assert isinstance(returned, Returned)
    other = returned._replace(out=(("octets", b"another text" * 9),), value=108)
    entries[at] = entries[at]._replace(data=other)
    followed = Predictor(trace.stack_addresses, Limits()).follow(entries)
    assert not followed.accepted
    assert followed.at is not None
    assert followed.at <= entries[at].n
