"""Two stacks and a bad link between them: 100 schedules of the 10,000 that `make soak-duel` has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.targets.mutants import Patch
from tests.trials import campaign
from tests.trials.duel import try_seed
from tests.trials.faults import BY_DUELS
from tests.trials.ladder import Ladder
from tests.trials.schedule import ABRUPT, draw
from tests.trials.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.trials.faults import Fault

SCHEDULES = 100
#: A fault may show in few of the schedules only.
MOST_SCHEDULES = 3 * SCHEDULES


@pytest.fixture
def patch() -> Iterator[Patch]:
    """Plants faults, and takes them out."""
    planted = Patch()
    yield planted
    planted.undo()


def test_streams_are_intact_and_nothing_is_left() -> None:
    """Schedules at random; intact streams, both CLOSED in time, nothing left."""
    seen = campaign.duels(range(SCHEDULES), jobs=1)
    assert not seen.broken, "\n".join(map(str, seen.broken))
    assert not seen.too_many_timed_out, seen.summary()


def test_schedules_are_of_every_kind() -> None:
    """The first schedules; each way to open and to end, both IP versions, good and bad links."""
    drawn = [draw(seed) for seed in range(SCHEDULES)]
    assert {schedule.simultaneous for schedule in drawn} == {True, False}
    assert {(schedule.family, schedule.ip) for schedule in drawn} == {
        ("AF_INET", 4),
        ("AF_INET6", 6),
        ("AF_INET6", 4),
    }
    assert {any(path.loses for path in schedule.paths) for schedule in drawn} == {True, False}
    endings = {host.program.ending for schedule in drawn for host in schedule.hosts}
    assert len(endings) == 6
    assert endings > ABRUPT


def test_a_seed_is_one_schedule() -> None:
    """The same seed twice; the same trace."""
    traces = []
    for _ in range(2):
        ladder = Ladder()
        try_seed(11, ladder)
        traces.append(ladder.lines)
    assert len(traces[0]) > 20
    assert traces[0] == traces[1]


@pytest.mark.parametrize("fault", BY_DUELS, ids=lambda fault: fault.__name__)
def test_faults_are_found(fault: Fault, patch: Patch) -> None:
    """A stack with a fault in it; one of the schedules breaks a rule."""
    fault(patch)
    results = map(try_seed, range(MOST_SCHEDULES))
    fine = (Outcome.INTACT, Outcome.CUT)
    found = next((result for result in results if result.outcome not in fine), None)
    assert found is not None
    assert f"make soak-duel SEED={found.seed}" in str(found)
