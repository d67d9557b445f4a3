"""Cases on a real clock in several processes: the same results, and an end for each case."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance import shards
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.preflight import preflight
from tcpassay.conformance.result import CaseEnded, CaseStarted
from tcpassay.conformance.runner import run
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.verdict import Verdict
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.result import CaseResult, RunEvent
    from tcpassay.conformance.runner import RunSummary
    from tcpassay.targets.contract import Target


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """The kernel; two shards are worth it for any number of cases."""
    with closing(open_target("linux")) as target:
        try:
            preflight(target, 4)
        except TargetUnavailableError as refusal:
            pytest.skip(str(refusal))
        monkeypatch.setattr(shards, "FEWEST_CASES", 1)
        monkeypatch.setattr("os.sched_getaffinity", lambda _pid: {0, 1})
        monkeypatch.setattr("os.sched_setaffinity", lambda _pid, _processors: None)
        yield target


def told_of(plan: Any) -> tuple[RunSummary, dict[str, CaseResult], list[RunEvent]]:
    """How a run ended, its results by case, and all its events."""
    events: list[RunEvent] = []
    summary = run(plan, events.append)
    results = [event.result for event in events if isinstance(event, CaseEnded)]
    assert len({result.id for result in results}) == len(results)
    return summary, {result.id: result for result in results}, events


def test_results_are_those_of_one_process(kit: Any, linux: Target) -> None:
    """Some cases in two processes and in one; each tells the same of every case."""
    cases = [case for case in load_cases() if case.id.startswith("rfc9293/3.10.7.1/")]
    together, results, events = told_of(kit.plan(linux, *cases))
    assert shards.how_many(kit.context(linux), kit.plan(linux, *cases).targets[0].runs, None) == 2
    alone, wanted, _ = told_of(kit.plan(linux, *cases, jobs=8))
    assert {name: result.verdict for name, result in results.items()} == {
        name: result.verdict for name, result in wanted.items()
    }
    assert together.totals == alone.totals
    assert set(results) == {event.case for event in events if isinstance(event, CaseStarted)}
    assert len(results) == len(cases) > 10


def ends_its_process(_bench: Bench) -> None:
    """A stimulus; no answer, ever."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_process_that_is_killed_leaves_no_case_untold(kit: Any, linux: Target) -> None:
    """One of two processes ends in the middle; its cases are errors, the others are judged."""
    killer = kit.case(ends_its_process, id_="tests/killer", real_s=9)
    others = [kit.case(kit.passes, id_=f"tests/{n}") for n in range(6)]
    summary, results, _ = told_of(kit.plan(linux, killer, *others))
    assert summary.exit_code == 3
    assert set(results) == {"tests/killer", *(f"tests/{n}" for n in range(6))}
    assert results["tests/killer"].verdict is Verdict.ERROR
    assert "the tester's process ended with status -9" in results["tests/killer"].message
    judged = [result for result in results.values() if result.verdict is Verdict.PASS]
    assert len(judged) >= 3


@pytest.mark.parametrize(("jobs", "kind"), [(4, "linux"), (None, "reference")])
def test_one_process_where_there_is_no_choice(kit: Any, jobs: int | None, kind: str) -> None:
    """--jobs is given, or the target is no kernel; one."""
    with closing(open_target(kind)) as target:
        runs = kit.plan(target, *(kit.case(kit.passes, id_=f"tests/{n}") for n in range(200)))
        assert shards.how_many(kit.context(target), runs.targets[0].runs, jobs) == 1
