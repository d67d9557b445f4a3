"""Cases on a virtual clock: told of in the order of the plan, however many processes run them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance import shards
from tcpassay.conformance.result import CaseEnded, CaseResult, CaseStarted, Location
from tcpassay.conformance.runner import run
from tcpassay.conformance.sequence import InOrder
from tcpassay.core.verdict import Verdict
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from tcpassay.conformance.result import RunEvent

TOY = Path(__file__).parents[1] / "targets" / "toy_process"


def passed(name: str) -> CaseResult:
    """A case's result."""
    place = Location("f", 1)
    return CaseResult(name, "toy", 4, "", place, (), Verdict.PASS, as_expected=True)


def ids(events: list[RunEvent]) -> list[str]:
    """Of the cases that have ended, as told."""
    return [event.result.id for event in events if isinstance(event, CaseEnded)]


def test_events_wait_for_their_turn(kit: Any) -> None:
    """The last of three cases ends first; it is told of last, each with its start before it."""
    plan = kit.plan(None, *(kit.case(kit.passes, id_=f"tests/{n}") for n in "abc"))
    told: list[RunEvent] = []
    in_order = InOrder(plan.targets[0].runs, told.append)
    for name in "cab":
        in_order.take(CaseStarted("toy", f"tests/{name}", 4))
        in_order.take(CaseEnded(passed(f"tests/{name}"), None))
    assert ids(told) == ["tests/a", "tests/b", "tests/c"]
    assert [type(event) for event in told] == [CaseStarted, CaseEnded] * 3


def test_what_ended_behind_a_case_that_never_does(kit: Any) -> None:
    """The first of three cases never ends; at the end the others are told of."""
    plan = kit.plan(None, *(kit.case(kit.passes, id_=f"tests/{n}") for n in "abc"))
    told: list[RunEvent] = []
    in_order = InOrder(plan.targets[0].runs, told.append)
    in_order.take(CaseEnded(passed("tests/c"), None))
    in_order.take(CaseEnded(passed("tests/b"), None))
    assert told == []
    in_order.rest()
    assert ids(told) == ["tests/b", "tests/c"]


@pytest.mark.usefixtures("no_preflight")
def test_an_agent_in_two_processes(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases of a target behind an agent, in two processes; the order and verdicts of one."""
    monkeypatch.setattr(shards, "FEWEST_CASES", 1)
    monkeypatch.setattr("os.sched_getaffinity", lambda _pid: {0, 1})
    monkeypatch.setattr("os.sched_setaffinity", lambda _pid, _processors: None)
    cases = [kit.case(kit.passes if n % 3 else kit.fails, id_=f"tests/{n}") for n in range(8)]
    seen: list[list[tuple[str, Verdict]]] = []
    for jobs in (None, 1):
        events: list[RunEvent] = []
        with closing(open_target(str(TOY))) as target:
            plan = kit.plan(target, *cases, jobs=jobs)
            count = shards.how_many(kit.context(target), plan.targets[0].runs, jobs)
            assert count == (2 if jobs is None else 1)
            run(plan, events.append)
        results = [event.result for event in events if isinstance(event, CaseEnded)]
        seen.append([(r.id, r.verdict) for r in results if not r.of_oracle])
    assert seen[0] == seen[1]
    assert [name for name, _ in seen[0]] == [f"tests/{n}" for n in range(8)]
