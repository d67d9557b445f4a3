"""The source `sequence`: its cases run, stay deep and are the same again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.events import ReadState, StateRead
from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send, Wait
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.sources.generation import Profile
from tcpassay.fuzz.sources.sequence import Sequence as Source
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.wire import SYN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.fuzz.cases.steps import Step


def _segments(case: FuzzCase) -> list[Send]:
    return [step for step in case.steps if isinstance(step, Send)]


def test_case_depends_on_seed_and_number_alone() -> None:
    """Cases asked for in another order, and from another source with the seed."""
    one, two = Source(7), Source(7)
    asked = [one.case(number) for number in range(60)]
    assert [two.case(number) for number in reversed(range(60))] == asked[::-1]
    assert Source(8).case(3).steps != asked[3].steps


def test_impatient_cases_wait_a_millisecond_at_most() -> None:
    """A profile for a real clock: waits are short and seldom."""
    source = Source(1, profile=Profile(patient=False))
    waits = [
        step.ns
        for number in range(500)
        for step in source.case(number).steps
        if isinstance(step, Wait)
    ]
    assert 0 < len(waits) < 500
    assert max(waits) <= 1_000_000


def test_every_beginning_is_there() -> None:
    """The origins of 2,000 cases name each state."""
    source = Source(2)
    states = Counter(source.case(number).origin.split("/")[2] for number in range(2_000))
    assert len(states) == 11
    assert states.most_common(1)[0][0] == "ESTABLISHED"


def test_steps_come_in_the_number_asked_for() -> None:
    """6 to 20 steps behind the access sequence, or a few beyond."""
    source = Source(3)
    sizes = [len(source.case(number).steps) for number in range(500)]
    assert min(sizes) >= 6
    assert max(sizes) <= 6 + 4 + 20 + 6


def test_bench_has_ten_segments() -> None:
    """The fixed profile: ten segments behind SYN and ACK, no wait."""
    usual, gentle = Source.bench(1), Source.bench(1, gentle=True)
    for case in [source.case(number) for number in range(300) for source in (usual, gentle)]:
        assert len(_segments(case)) == 12
        assert _segments(case)[0].flags == SYN
        assert not any(isinstance(step, Wait) for step in case.steps)
        assert sum(isinstance(step, Do) for step in case.steps) <= 6


def test_gentle_bench_is_what_any_stack_lives_through() -> None:
    """No flaw, and nothing sent that does not fit into one segment."""
    source = Source.bench(1, gentle=True)
    steps = [step for number in range(300) for step in source.case(number).steps]
    assert all(dict(step.flaws).keys() <= {"tos"} for step in steps if isinstance(step, Send))
    sends = [
        int(str(dict(step.args)["text"]))
        for step in steps
        if isinstance(step, Do) and step.call == "send"
    ]
    assert len(sends) > 100
    assert max(sends) <= 536


class _Looking(Player):
    """Asks for the states before it takes a case down."""

    def states(self) -> list[str]:
        """Of each connection of the case."""
        found = []
        for ends in self._conns.values():
            outcome = self._stack.execute(ReadState(ends.local, ends.remote))
            found += [event.state for event in outcome.events if isinstance(event, StateRead)]
        return found

    def _take_down(self, steps: Sequence[Step]) -> None:
        self.seen = self.states()
        super()._take_down(steps)


@pytest.mark.parametrize("patient", [True, False])
def test_most_cases_stay_deep(patient: bool) -> None:
    """At the end of four cases in five some connection is still there."""
    target = open_target("reference")
    player = _Looking(target.start(StackOptions(seed=1)), target.manifest, 1, 4)
    source = Source(4, profile=Profile(patient=patient))
    alive = 0
    for number in range(200):
        assert player.play(source.case(number), number).fault is None
        alive += any(state not in {"CLOSED", "LISTEN", "TIME-WAIT"} for state in player.seen)
    assert alive > 160
