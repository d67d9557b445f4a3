"""The runner: a plan in, run events out, an exit status at the end."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tcpassay.conformance.collecting import seldom_collecting
from tcpassay.conformance.execute import Context, unsupported_result
from tcpassay.conformance.gate import Tally, exit_code
from tcpassay.conformance.interrupts import CutShort, Interrupts
from tcpassay.conformance.pool import Pool
from tcpassay.conformance.preflight import preflight
from tcpassay.conformance.processor import on_one_processor
from tcpassay.conformance.result import (
    ORACLE,
    CaseEnded,
    RunEnded,
    RunStarted,
    TargetInfo,
    TargetNotStarted,
)
from tcpassay.conformance.sequence import run_in_sequence
from tcpassay.conformance.shards import Shards, how_many
from tcpassay.conformance.watch import Watch
from tcpassay.core.errors import AgentFault, TargetUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tcpassay.conformance.plan import Plan, TargetPlan
    from tcpassay.conformance.pool import Ended
    from tcpassay.conformance.result import CaseResult, RunEvent, StaleExpectation
    from tcpassay.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run ended; `exit_code` is the process's."""

    exit_code: int
    totals: Mapping[str, Mapping[Verdict, int]]
    unexpected: int
    stale: tuple[StaleExpectation, ...]
    interrupted: str | None
    wall_s: float


def run(plan: Plan, listener: Callable[[RunEvent], None]) -> RunSummary:
    """Run a plan, telling `listener` of everything from the calling thread.

    Targets run one after the other: on a virtual clock case by case, on a real clock overlapped;
    what is worth it in several processes. SIGINT and SIGTERM end the run early and in order. The
    targets are closed at the end.
    """
    return _Run(plan, listener).run()


class _Run:
    """The state of one run while it goes on."""

    def __init__(self, plan: Plan, listener: Callable[[RunEvent], None]) -> None:
        self._plan = plan
        self._listener = listener
        self._tally = Tally()
        self._results: dict[str, list[CaseResult]] = {}
        self._interrupts = Interrupts()
        self._watch: Watch | None = None

    def run(self) -> RunSummary:
        started = time.perf_counter()
        stale: tuple[StaleExpectation, ...] = ()
        try:
            with self._interrupts, seldom_collecting():
                ready = self._check_targets()
                for target_plan, context in ready:
                    if not self._interrupts.signalled():
                        self._watched(target_plan, context)
            stale = self._stale(ready)
        finally:
            for target_plan in self._plan.targets:
                target_plan.target.close()
        wall_s = time.perf_counter() - started
        interrupted = self._interrupts.caught
        self._listener(RunEnded(wall_s, self._tally.totals, stale, interrupted))
        return RunSummary(
            exit_code=exit_code(self._tally, stale, interrupted, gate=self._plan.gate),
            totals=self._tally.totals,
            unexpected=self._tally.unexpected,
            stale=stale,
            interrupted=interrupted,
            wall_s=wall_s,
        )

    def _emit(self, event: RunEvent) -> None:
        if isinstance(event, CaseEnded):
            if self._watch is not None:
                self._watch.take(event)
            self._tally.add(event.result)
            self._results.setdefault(event.result.target, []).append(event.result)
        self._listener(event)

    def _check_targets(self) -> list[tuple[TargetPlan, Context]]:
        """Try every target, then announce the run and who takes no part in it."""
        started = datetime.now(UTC).isoformat(timespec="seconds")
        ready: list[tuple[TargetPlan, Context]] = []
        missing: list[TargetNotStarted] = []
        for target_plan in self._plan.targets:
            if self._interrupts.signalled():
                break
            try:
                ready.append((target_plan, self._context(target_plan)))
            except CutShort:
                break
            except TargetUnavailableError as error:
                skipped = self._plan.where_possible
                missing.append(TargetNotStarted(target_plan.name, str(error), skipped))
            except AgentFault as fault:
                missing.append(TargetNotStarted(target_plan.name, str(fault), skipped=False))
                self._tally.errors += 1
        self._listener(
            RunStarted(
                seed=self._plan.seed,
                started=started,
                targets=tuple(_info(*each) for each in ready),
                planned={target_plan.name: len(target_plan.runs) for target_plan, _ in ready},
                not_run=tuple(left for target_plan, _ in ready for left in target_plan.not_run),
            )
        )
        for event in missing:
            self._tally.add_not_started(skipped=event.skipped)
            self._listener(event)
        return ready

    def _context(self, target_plan: TargetPlan) -> Context:
        version = target_plan.target.version()
        for ip in sorted({run.ip for run in target_plan.runs if not run.unsupported}):
            preflight(target_plan.target, ip, self._interrupts.guarded(self._plan.max_time_s))
        return Context(
            target=target_plan.target,
            version=version,
            catalogue=self._plan.catalogue,
            expectations=target_plan.expectations,
            seed=self._plan.seed,
            max_time_s=self._plan.max_time_s,
        )

    def _watched(self, target_plan: TargetPlan, context: Context) -> None:
        """Run a target's cases, and tell at the end what the oracle makes of all their traces."""
        # The oracle wants to know of every call; on the wire nobody tells it of any.
        watched = self._plan.watch and context.target.manifest.served is None
        watch = self._watch = Watch(context) if watched else None
        self._run_target(target_plan, context, watch.ended if watch else CaseEnded)
        self._watch = None
        whole = self._plan.whole and not self._interrupts.signalled()
        for result in watch.results(whole=whole) if watch is not None else ():
            self._emit(CaseEnded(result, None))

    def _run_target(self, target_plan: TargetPlan, context: Context, ended: Ended) -> None:
        manifest = target_plan.target.manifest
        runs = [run_ for run_ in target_plan.runs if not run_.unsupported]
        count = how_many(context, runs, self._plan.jobs)
        shards = Shards(context, self._emit, self._interrupts, count, ended)
        if manifest.clock == "virtual":
            if count > 1:
                shards.run(target_plan.runs)
                return
            with on_one_processor() if manifest.kind == "process" else nullcontext():
                run_in_sequence(context, self._emit, self._interrupts, target_plan.runs, ended)
            return
        for run_ in target_plan.runs:
            if run_.unsupported:
                self._emit(CaseEnded(unsupported_result(context, run_), None))
        if count > 1:
            shards.run(runs)
        else:
            Pool(context, self._emit, self._interrupts, self._plan.jobs, ended).run(runs)

    def _stale(self, ready: list[tuple[TargetPlan, Context]]) -> tuple[StaleExpectation, ...]:
        found: list[StaleExpectation] = []
        plan, known = self._plan, self._plan.known
        if known is not None:
            known |= {f"{ORACLE}{requirement.id}" for requirement in plan.catalogue}
        for target_plan, context in ready:
            planned = {run_.case.id for run_ in target_plan.runs}
            planned |= {left.case for left in target_plan.not_run}
            results = self._results.get(target_plan.name, [])
            if not plan.whole:
                # An entry of the oracle speaks of what was selected, not of the target.
                results = [result for result in results if not result.of_oracle]
            found.extend(
                target_plan.expectations.stale(
                    target_plan.name,
                    context.version,
                    results,
                    known,
                    planned,
                    plan.partly,
                )
            )
        return tuple(found)


def _info(target_plan: TargetPlan, context: Context) -> TargetInfo:
    manifest = context.target.manifest
    return TargetInfo(
        name=manifest.name,
        title=manifest.title,
        version=context.version,
        clock=manifest.clock,
        capabilities=tuple(sorted(manifest.capabilities)),
        named=target_plan.named,
    )
