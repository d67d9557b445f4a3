"""What `run` does with its options: a plan, the runner, the reports, an exit code."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.cli.guard import INTERNAL_FAULT, complain
from tcpassay.cli.output import progress_console, result_console
from tcpassay.cli.selecting import load_named
from tcpassay.conformance.expectations import load_expectations
from tcpassay.conformance.plan import DEFAULT_MAX_TIME_S, Plan
from tcpassay.conformance.runner import run
from tcpassay.conformance.select import Selection, plan_target, select
from tcpassay.core.errors import ConfigurationError
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.console import ResultPrinter
from tcpassay.reports.files import OutputFolder, default_folder, require_writable
from tcpassay.reports.measured_console import show_values
from tcpassay.reports.outcomes import outcomes_of
from tcpassay.reports.progress import Progress
from tcpassay.reports.recorder import Recorder, write_json
from tcpassay.reports.wording import describe
from tcpassay.targets.namespace.userns import enter_user_namespace_if_needed
from tcpassay.targets.registry import open_target
from tcpassay.targets.wire.target import open_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tcpassay.conformance.result import RunEvent
    from tcpassay.reports.record import RunRecord
    from tcpassay.targets.contract import IpVersion, Target
    from tcpassay.targets.wire.target import Port

#: Entries for exchanges at random (`make soak-oracle`), which no run has.
_EXCHANGES = "exchanges"


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `tcpassay run`."""

    targets: tuple[str, ...]
    wire: Port | None = None
    cases: tuple[str, ...] = ()
    matrix: bool = False
    full: bool = False
    requirements: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    measures: bool = False
    ip: tuple[IpVersion, ...] = ()
    slow: bool = False
    out: Path | None = None
    json: Path | None = None
    junit: Path | None = None
    pcap: Literal["always", "fail", "never"] = "fail"
    every_trace: bool = False
    jobs: int | None = None
    seed: int | None = None
    max_time_s: float = DEFAULT_MAX_TIME_S
    gate: bool = True
    oracle: bool = True
    where_possible: bool = False


class Ran(NamedTuple):
    """What a run left: its record, where its files lie, its exit code."""

    record: RunRecord
    out: Path
    exit_code: int


def carry_out(request: Request) -> int:
    """Run, report, and return the exit code. Raises TcpassayError before anything has run."""
    ran = carry_out_only(request)
    _report(request, ran.record, ran.out)
    return ran.exit_code


def carry_out_only(request: Request) -> Ran:
    """Run, and leave the report to the caller. Raises TcpassayError before anything has run."""
    with ExitStack() as held, Progress(progress_console()) as progress:
        progress.say("loading the catalogue and the cases")
        plan = make_plan(request, held)
        for path, option in ((request.json, "--json"), (request.junit, "--junit")):
            if path is not None:
                require_writable(path, option)
        folder = OutputFolder(request.out or default_folder(datetime.now(UTC)))
        held.callback(folder.close)
        recorder = Recorder(folder, request.pcap, every_trace=request.every_trace)

        def listener(event: RunEvent) -> None:
            recorder(event)
            progress(event)

        names = ", ".join(target.name for target in plan.targets)
        progress.say(f"starting {names}: can it shake hands?")
        summary = run(plan, listener)
    if recorder.trouble is None:
        return Ran(recorder.record, folder.root, summary.exit_code)
    complain(str(recorder.trouble))
    return Ran(recorder.record, folder.root, max(INTERNAL_FAULT, summary.exit_code))


def make_plan(request: Request, held: ExitStack) -> Plan:
    """Everything that can be wrong before a run is found here; `held` closes the targets."""
    opened = _open(request, held)
    catalogue = load_catalogue()
    named = load_named(request.cases, matrix=request.matrix, full=request.full)
    selection = Selection(
        cases=named.globs,
        requirements=request.requirements,
        levels=request.levels,
        states=request.states,
        measures=request.measures,
        ip=request.ip,
        slow=request.slow,
        max_time_s=request.max_time_s,
    )
    cases = select(named.cases, selection, catalogue)
    plans = tuple(
        replace(
            plan_target(
                target, cases, selection, catalogue, load_expectations(target.manifest.folder)
            ),
            named=named,
        )
        for named, target in opened.items()
    )
    return Plan(
        targets=plans,
        catalogue=catalogue,
        seed=secrets.randbits(64) if request.seed is None else request.seed,
        jobs=request.jobs,
        max_time_s=request.max_time_s,
        gate=request.gate,
        where_possible=request.where_possible,
        known=frozenset(case.id for case in named.cases) if named.whole else None,
        partly=named.partly | {_EXCHANGES},
        watch=request.oracle,
        whole=not (selection.narrow or selection.ip),
    )


def _open(request: Request, held: ExitStack) -> dict[tuple[str, ...], Target]:
    """The targets by the words that name them."""
    if not request.targets and request.wire is None:
        raise ConfigurationError("name a target: `tcpassay targets` lists them; or --wire-only")
    openers: list[tuple[tuple[str, ...], Callable[[], Target]]] = [
        ((name,), partial(open_target, name)) for name in request.targets
    ]
    if request.wire is not None:
        openers.append((request.wire.words, partial(open_port, request.wire)))
    targets: dict[tuple[str, ...], Target] = {}
    for named, make in openers:
        target = make()
        held.callback(target.close)
        name = target.manifest.name
        if any(name == other.manifest.name for other in targets.values()):
            raise ConfigurationError(f"target {name!r} is named twice; name it once")
        targets[named] = target
    if any(target.manifest.kind == "namespace" for target in targets.values()):
        enter_user_namespace_if_needed()
    return targets


def _report(request: Request, record: RunRecord, out: Path) -> None:
    console = result_console()
    ResultPrinter(console, describe, out).show(record)
    if request.measures:
        show_values(console, outcomes_of(record))
    if request.json is not None:
        write_json(request.json, record)
    if request.junit is not None:
        _write_junit(request.junit, record, out)


def _write_junit(path: Path, record: RunRecord, out: Path) -> None:
    from tcpassay.reports.junit import write_junit

    write_junit(path, record, describe, out)
