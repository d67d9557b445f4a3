"""Campaigns to their end: signals, workers that die, targets that do not start, the same cases."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance.load import load_cases
from tcpassay.core.content import content_root
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.fuzz.campaign import engine
from tcpassay.fuzz.campaign.engine import Settings, cases_of, run
from tcpassay.fuzz.campaign.happenings import Begun, Counted, Ended, Found, Reading, WorkerLost
from tcpassay.fuzz.campaign.keeping import take_in
from tcpassay.fuzz.campaign.stays_file import StaysFile
from tcpassay.fuzz.campaign.worker import judged_whole
from tcpassay.fuzz.finding import suite
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import load, open_target

if TYPE_CHECKING:
    from tcpassay.fuzz.campaign.happenings import Happening

PROCESS = Path(__file__).with_name("campaign_process.py")
MUTANT = "rst_outside_window_answered"
TELLING = "rfc9293/3.10.7.4/"


def _run(settings: Settings, mutant: str | None = None) -> list[Happening]:
    events: list[Happening] = []
    if mutant is None:
        target = open_target("reference")
    else:
        (found,) = [each for each in load_mutants() if each.name == mutant]
        target = found.target(load(found.base))
    try:
        run(target, settings, events.append)
    finally:
        target.close()
    return events


def _found(events: list[Happening]) -> set[tuple[str, ...]]:
    return {tuple(event.finding.key) for event in events if isinstance(event, Found)}


def test_events_of_a_campaign(tmp_path: Path) -> None:
    """A campaign of the reference stack; begun, counted to the last case, ended."""
    settings = Settings(tmp_path / "out", 1, mode="sweep", cases=60)
    events = _run(settings)
    assert isinstance(events[0], Begun)
    assert isinstance(events[-1], Ended)
    counted = [event for event in events if isinstance(event, Counted)]
    assert sum(event.cases for event in counted) == 60
    assert sum(sum(event.by_source) for event in counted) == 60
    assert all(0 <= event.played_s <= event.spent_s for event in counted)
    assert _found(events) == set()


def test_reading_again_is_not_of_the_time_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A campaign gone on with for less time than it takes to read: it plays for that time."""
    settings = Settings(tmp_path / "out", 1, mode="sweep", cases=4)
    _run(settings)
    late = 0.0

    def slowly(*arguments: Any) -> frozenset[int]:
        nonlocal late
        late += 3600
        return take_in(*arguments)

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + late)
    monkeypatch.setattr(engine, "time", clock)
    monkeypatch.setattr(engine, "take_in", slowly)
    more = _run(settings._replace(cases=100_000, seconds=0.5, resume=True))
    assert sum(event.cases for event in more if isinstance(event, Counted)) > 0


@pytest.fixture
def small_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite of few cases, of which some fail on the mutant."""
    file = content_root() / "conformance" / "cases" / "rfc9293" / "s3_10_7_4_flags.py"
    monkeypatch.setattr(suite, "load_cases", partial(load_cases, file))


@pytest.mark.usefixtures("small_suite")
def test_a_finding_is_kept_with_its_trace(tmp_path: Path) -> None:
    """A mutant; its finding is on disk under the right requirement, and known when gone on with."""
    settings = Settings(tmp_path / "out", 1, mode="sweep", cases=100)
    events = _run(settings, MUTANT)
    findings = [event for event in events if isinstance(event, Found)]
    assert "RFC9293:3.10.7.4-SEQ-RST-SILENT" in {
        event.finding.key.requirement for event in findings
    }
    for event in findings:
        trace = json.loads((tmp_path / "out" / event.trace).read_text())
        assert trace["schema"] == 1
        assert trace["info"]["fuzz"]["cases"] == list(event.finding.cases)
        assert event.finding.cases[0].startswith(TELLING)
    more = _run(settings._replace(cases=160, resume=True), MUTANT)
    assert more[0] == Reading(100)
    begun = more[1]
    assert isinstance(begun, Begun)
    assert begun.earlier.cases == 100
    assert set(begun.earlier.findings) == set(findings)
    assert not _found(more) & _found(events)


@pytest.mark.usefixtures("small_suite")
def test_jobs_make_no_difference(tmp_path: Path) -> None:
    """The same seed in one process and in two; the same cases, findings and counts."""
    one = Settings(tmp_path / "one", 5, mode="sweep", cases=400)
    two = one._replace(folder=tmp_path / "two", jobs=2)
    assert _found(_run(one, MUTANT)) == _found(_run(two, MUTANT))
    progress = []
    for settings in (one, two):
        stays = StaysFile(settings.folder / "progress", new=False)
        progress.append(stays.all())
        stays.close()
    assert progress[0] == progress[1]
    assert sum(stay.cases for stay in progress[0]) == 400


def test_some_stays_are_judged_whole() -> None:
    """The sample; about one stay in sixty-four, the same ones for the same seed."""
    sample = [stay for stay in range(6_400) if judged_whole(3, stay)]
    assert 60 <= len(sample) <= 140
    assert sample == [stay for stay in range(6_400) if judged_whole(3, stay)]
    assert sample != [stay for stay in range(6_400) if judged_whole(4, stay)]


def test_seconds_end_a_campaign(tmp_path: Path) -> None:
    """A limit in seconds and none in cases; it ends, and what has run is on disk."""
    settings = Settings(tmp_path / "out", 1, mode="sweep", seconds=0.5)
    began = time.monotonic()
    events = _run(settings)
    assert time.monotonic() - began < 20
    counted = sum(event.cases for event in events if isinstance(event, Counted))
    stays = StaysFile(settings.folder / "progress", new=False)
    assert sum(stay.cases for stay in stays.all()) == counted > 0
    stays.close()


def test_a_target_that_dies_at_start(tmp_path: Path) -> None:
    """An agent that ends before it has said anything; the campaign has not begun."""
    (tmp_path / "target.toml").write_text(
        'name = "stillborn"\nkind = "process"\nclock = "virtual"\n'
        '[start]\ncommand = ["false"]\n'
        '[addresses.ipv4]\nstack = ["192.0.2.1"]\npeer = "192.0.2.2"\nprefix = 24\n'
    )
    target = open_target(str(tmp_path))
    try:
        with pytest.raises(TargetUnavailableError):
            run(target, Settings(tmp_path / "out", 1, cases=10), lambda _: None)
    finally:
        target.close()
    assert not (tmp_path / "out").exists()


def _process(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROCESS), str(folder / "out"), str(folder / "log"), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(tmp_path: Path, jobs: str, number: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM; in order, everything written, and no process is left."""
    process = _process(tmp_path, "--jobs", jobs)
    until = time.monotonic() + 30
    while not (tmp_path / "log").exists() or (tmp_path / "log").read_text().count("\n") < 20:
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(number)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == code, told
    begun = (tmp_path / "log").read_text().count("\n")
    stays = StaysFile(tmp_path / "out" / "progress", new=False)
    assert begun - int(jobs) <= sum(stay.cases for stay in stays.all()) <= begun
    stays.close()
    assert json.loads((tmp_path / "out" / "sessions.jsonl").read_text())["ended"] == number.name
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    """A case that ends its process each time; told of, left out at last, all others run."""
    process = _process(tmp_path, "--jobs", "2", "--cases", "300", "--dies-at", "40")
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 0, told
    lost = [line for line in told.splitlines() if line.startswith(WorkerLost.__name__.lower())]
    assert len(lost) == 2
    assert "skipped=False" in lost[0]
    assert "skipped=True" in lost[1]
    begun = [int(line.split()[1]) for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted(begun) == sorted([*range(300), 40])


def test_a_case_alone_is_the_campaigns() -> None:
    """Any number of a campaign asked for alone; the case that the campaign plays."""
    target = open_target("reference")
    settings = Settings(Path("nowhere"), 9)
    first, second = (cases_of(target, settings).schedule for _ in range(2))
    cases = {number: case for stay in range(3) for number, _, case in first.cases(stay)}
    assert all(second.case(number) == cases[number] for number in (0, 300, 511, 767))
    target.close()
