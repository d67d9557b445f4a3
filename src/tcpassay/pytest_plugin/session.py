"""A pytest session that judges targets: the project's runner runs, pytest reports."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.execute import Context, run_case, unsupported_result
from tcpassay.conformance.expectations import load_expectations
from tcpassay.conformance.interrupts import CutShort, Interrupts
from tcpassay.conformance.plan import DEFAULT_MAX_TIME_S, Plan, TargetPlan
from tcpassay.conformance.preflight import preflight
from tcpassay.conformance.result import CaseEnded, TargetNotStarted
from tcpassay.conformance.runner import run
from tcpassay.conformance.select import Selection, plan_target
from tcpassay.conformance.watch import Watch
from tcpassay.core.errors import TargetUnavailableError, TcpassayError
from tcpassay.model.catalogue import load_catalogue
from tcpassay.pytest_plugin.items import MATRIX_FILE, CaseFile, CaseItem, Ended, MatrixFile
from tcpassay.reports.failure import heading, story
from tcpassay.reports.files import OutputFolder, default_folder
from tcpassay.reports.recorder import Recorder
from tcpassay.reports.text import one_line
from tcpassay.reports.wording import describe
from tcpassay.targets.namespace.userns import enter_user_namespace_if_needed
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.result import RunEvent
    from tcpassay.targets.contract import Target


def activate(config: pytest.Config, names: Sequence[str], *, matrix: bool = False) -> None:
    """Let a session judge the targets named. Raises pytest.UsageError for an unknown one."""
    held = ExitStack()
    try:
        conformance = Conformance(config, names, held)
    except TcpassayError as error:
        held.close()
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(conformance, "tcpassay-conformance")
    if matrix:
        config.pluginmanager.register(MatrixRows(conformance), "tcpassay-matrix")


class MatrixRows:
    """Adds the rows of the matrix to what a session has collected."""

    def __init__(self, conformance: Conformance) -> None:
        self._conformance = conformance

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Before -k and its like choose, so that they choose among the rows as well."""
        rows: MatrixFile = MatrixFile.from_parent(session, path=MATRIX_FILE)
        rows.conformance = self._conformance
        items.extend(rows.collect())


class Conformance:
    """What the session's items share."""

    def __init__(self, config: pytest.Config, names: Sequence[str], held: ExitStack) -> None:
        self._held = held
        self._targets: dict[str, Target] = {}
        self._named: dict[str, tuple[str, ...]] = {}
        for name in names:
            target = open_target(name)
            self._targets[target.manifest.name] = target
            self._named[target.manifest.name] = (name,)
            held.callback(target.close)
        if any(target.manifest.kind == "namespace" for target in self._targets.values()):
            enter_user_namespace_if_needed()
        self._catalogue = load_catalogue()
        self._worker: str | None = getattr(config, "workerinput", {}).get("workerid")
        self._oracle = not config.getoption("tcpassay_no_oracle", default=False)
        self._spread = bool(config.getoption("numprocesses", default=None))
        self._seed = _seed(config)
        self._contexts: dict[str, Context | str] = {}
        self._recorder: Recorder | None = None
        self._out: Path | None = None

    # What pytest asks

    def pytest_report_header(self) -> str:
        """Which targets, and whether cases overlap."""
        names = ", ".join(self._targets)
        if self._spread:
            return (
                f"tcpassay: {names}; under xdist each case runs by itself: the verdicts are the "
                "same, real-time cases do not overlap"
            )
        return f"tcpassay: {names}; seed {self._seed}; real-time cases overlap"

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> CaseFile | None:
        """A file of cases, beside what pytest itself finds in it."""
        if file_path.suffix != ".py" or file_path.name.startswith(("test_", "conftest", "_", ".")):
            return None
        if "@case(" not in file_path.read_text(encoding="utf-8", errors="replace"):
            return None
        file: CaseFile = CaseFile.from_parent(parent, path=file_path)
        file.conformance = self
        return file

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run the cases together, then what else was collected, one by one."""
        items = [item for item in session.items if isinstance(item, CaseItem)]
        spoilt = session.testsfailed and not session.config.option.continue_on_collection_errors
        if self._worker or not items or spoilt or session.config.option.collectonly:
            return None
        self._run_together(session, items)
        others = [item for item in session.items if not isinstance(item, CaseItem)]
        for item, following in zip(others, [*others[1:], None], strict=False):
            _report(session, item, following)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The time that the case took, not the time that telling it took."""
        report = yield
        if call.when == "call" and isinstance(item, CaseItem) and item.ended is not None:
            report.duration = item.ended.result.wall_s
        return report

    def pytest_unconfigure(self) -> None:
        """Close the targets and the run's files."""
        self._held.close()

    # What items ask

    def plans(self, cases: Sequence[Case]) -> list[TargetPlan]:
        """Each target's share of some cases."""
        return [
            plan_target(
                target,
                cases,
                Selection(),
                self._catalogue,
                load_expectations(target.manifest.folder),
            )
            for target in self._targets.values()
        ]

    def run_alone(self, item: CaseItem) -> None:
        """Run one case by itself, as under xdist."""
        context = self._context(item)
        if isinstance(context, str):
            item.not_started = context
            return
        if item.run.unsupported:
            self._end(item, CaseEnded(unsupported_result(context, item.run), None))
            return
        with Interrupts() as interrupts:
            try:
                guard = interrupts.guarded(context.max_time_s)
                result, trace = run_case(context, item.run, guard=guard)
            except CutShort:
                raise KeyboardInterrupt from None
        ended = Watch(context).ended if self._oracle else CaseEnded
        self._end(item, ended(result, trace))

    # Running

    def _run_together(self, session: pytest.Session, items: list[CaseItem]) -> None:
        by_key = {(item.target, item.run.case.id, item.run.ip): item for item in items}

        def listener(event: RunEvent) -> None:
            self._record(event)
            match event:
                case CaseEnded(result=result):
                    if result.of_oracle:
                        return  # The items have told what their traces violate.
                    item = by_key[result.target, result.id, result.ip]
                    item.ended = self._told(event)
                    _report(session, item)
                case TargetNotStarted():
                    for item in items:
                        if item.target == event.target:
                            item.not_started = event.reason
                            _report(session, item)

        summary = run(self._plan(items), listener)
        if summary.interrupted:
            raise KeyboardInterrupt

    def _plan(self, items: list[CaseItem]) -> Plan:
        plans = tuple(
            TargetPlan(
                target,
                tuple(item.run for item in items if item.target == name),
                (),
                load_expectations(target.manifest.folder),
                self._named[name],
            )
            for name, target in self._targets.items()
            if any(item.target == name for item in items)
        )
        return Plan(plans, self._catalogue, self._seed, watch=self._oracle)

    def _context(self, item: CaseItem) -> Context | str:
        """What the cases of a target share, made once; why it did not start otherwise."""
        if item.target not in self._contexts:
            target = self._targets[item.target]
            try:
                self._contexts[item.target] = self._started(target, item)
            except TargetUnavailableError as error:
                self._contexts[item.target] = str(error)
        return self._contexts[item.target]

    def _started(self, target: Target, item: CaseItem) -> Context:
        with Interrupts() as interrupts:
            preflight(target, item.run.ip, interrupts.guarded(DEFAULT_MAX_TIME_S))
        return Context(
            target=target,
            version=target.version(),
            catalogue=self._catalogue,
            expectations=load_expectations(target.manifest.folder),
            seed=self._seed,
            max_time_s=DEFAULT_MAX_TIME_S,
        )

    # Telling

    def _end(self, item: CaseItem, event: CaseEnded) -> None:
        self._record(event)
        item.ended = self._told(event)

    def _record(self, event: RunEvent) -> None:
        if self._recorder is None:
            base = default_folder(datetime.now(UTC))
            folder = OutputFolder(base.with_name(f"{base.name}{self._worker or ''}"))
            self._held.callback(folder.close)
            self._recorder, self._out = Recorder(folder), folder.root
        self._recorder(event)

    def _told(self, event: CaseEnded) -> Ended:
        assert self._recorder is not None  # noqa: S101 - recorded just before
        named = self._named[event.result.target]
        lines = story(self._recorder.last(event.result), named, describe, self._out)
        alarms = [str(alarm) for alarm in event.alarms if not alarm.as_expected]
        lines += [f"oracle       {one_line(alarm)}" for alarm in alarms]
        head = f"{event.result.verdict.upper()}  {heading(event.result)}"
        whole = "\n".join([head, *(f"  {line}" for line in lines)])
        return Ended(event.result, whole, alarmed=bool(alarms))


def _report(
    session: pytest.Session, item: pytest.Item, following: pytest.Item | None = None
) -> None:
    """Pytest's own protocol on an item; stop where -x or --maxfail says so.

    The runner cancels what is in flight when this raises.
    """
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)


def _seed(config: pytest.Config) -> int:
    """One seed a session, the same in every worker of xdist."""
    run_id = getattr(config, "workerinput", {}).get("testrunuid")
    if run_id is None:
        return secrets.randbits(64)
    return int.from_bytes(hashlib.blake2s(run_id.encode(), digest_size=8).digest())
