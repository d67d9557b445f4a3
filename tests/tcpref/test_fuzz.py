"""Fuzzed datagrams in every state: 10,000 of the million that `make soak-fuzz` has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.targets.mutants import Patch
from tcpref.tcb import State
from tests.trials import campaign, memory
from tests.trials.faults import BY_FUZZING
from tests.trials.fuzzing import BLOCK, try_block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.trials.faults import Fault

DATAGRAMS = 10_000
BLOCKS = DATAGRAMS // BLOCK + 1
#: A fault may show in few of the blocks only.
MOST_BLOCKS = 4 * BLOCKS


@pytest.fixture
def patch() -> Iterator[Patch]:
    """Plants faults, and takes them out."""
    planted = Patch()
    yield planted
    planted.undo()


def test_invariants_hold_in_every_state() -> None:
    """Datagrams nearly right, calls and waits; every invariant after each, nothing left."""
    seen = campaign.fuzzing(range(BLOCKS), jobs=1)
    assert not seen.broken, "\n".join(map(str, seen.broken))
    assert seen.visited.total() >= DATAGRAMS
    assert seen.growth <= campaign.MOST_GROWTH
    assert all(seen.visited[state] >= DATAGRAMS // 50 for state in State), seen.summary()


def test_a_seed_is_one_block() -> None:
    """The same seed twice; the same trace."""
    traces: list[list[str]] = [[], []]
    for trace in traces:
        try_block(5, trace)
    assert len(traces[0]) > BLOCK
    assert traces[0] == traces[1]


def test_memory_is_bounded_by_the_settings() -> None:
    """One stack, fuzzed in every state time and again; it holds what it may, and no more later."""
    held = memory.measure(rounds=4)
    assert all(octets <= bound for octets, bound in held), held
    early, late = max(held[:2]).octets, max(held[-2:]).octets
    assert late <= early + 150_000, held


@pytest.mark.parametrize("fault", BY_FUZZING, ids=lambda fault: fault.__name__)
def test_faults_are_found(fault: Fault, patch: Patch) -> None:
    """A stack with a fault in it; one of the blocks breaks a rule."""
    fault(patch)
    found = next((block for block in map(try_block, range(MOST_BLOCKS)) if block.broken), None)
    assert found is not None
    assert f"make soak-fuzz SEED={found.seed}" in str(found)
