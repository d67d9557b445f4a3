"""The cases of a target in as many processes as there are processors.

One Python runs one thread at a time, however many processors wait. Each shard has a target of its
own and tells of its events. On a real clock it has a pool as well, and what it leaves in doubt is
run alone by the parent; on a virtual one the events come in the order of the plan.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import time
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.execute import lost_result
from tcpassay.conformance.interrupts import SIGNALS, Interrupts, signals_held_back
from tcpassay.conformance.leash import Leash
from tcpassay.conformance.pool import Done, Job, Pool, load_what_they_use
from tcpassay.conformance.result import CaseEnded
from tcpassay.conformance.sequence import InOrder, run_in_sequence
from tcpassay.targets.orphans import die_with
from tcpassay.targets.registry import open_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from tcpassay.conformance.execute import Context
    from tcpassay.conformance.plan import PlannedRun
    from tcpassay.conformance.pool import Ended
    from tcpassay.conformance.result import CaseResult, RunEvent
    from tcpassay.core.trace import Trace
    from tcpassay.targets.contract import IpVersion

#: Fewer cases are not worth a process: one takes some 50 ms to start.
FEWEST_CASES = 100
#: More processors than that have not been tried.
MOST_SHARDS = 4
#: Seconds that a shard has to end its cases after a signal.
ENDING_S = 10.0
#: Seconds between two looks at whether a signal has come.
TICK_S = 0.05


class Doubt(NamedTuple):
    """A case that a shard has not told of: its place in the shard's list, and what it gave."""

    place: int
    result: CaseResult | None
    trace: Trace | None
    lag_ns: int
    fault: str


@dataclass(slots=True)
class _Shard:
    """A process, and what came of its cases. `left` are those it has not told of."""

    process: multiprocessing.process.BaseProcess
    pipe: Connection
    runs: Sequence[PlannedRun]
    left: dict[tuple[str, IpVersion], PlannedRun]
    doubts: list[Doubt]


def how_many(context: Context, runs: Sequence[PlannedRun], jobs: int | None) -> int:
    """How many shards a run is worth: one where the target or --jobs leaves no choice.

    A stack in Python, which may have a planted fault, cannot be opened anew by its manifest.
    """
    worth = jobs is None and context.target.manifest.kind in {"namespace", "process"}
    if not worth or len(runs) < FEWEST_CASES:
        return 1
    return min(len(os.sched_getaffinity(0)), MOST_SHARDS)


class Shards:
    """Runs the cases of one target in `count` processes; emits from one thread."""

    def __init__(
        self,
        context: Context,
        emit: Callable[[RunEvent], None],
        interrupts: Interrupts,
        count: int,
        ended: Ended = CaseEnded,
    ) -> None:
        self._context = context
        self._emit = emit
        self._interrupts = interrupts
        self._count = count
        self._ended = ended

    def run(self, runs: Sequence[PlannedRun]) -> None:
        """Run every case; return early once a signal was caught."""
        load_what_they_use(runs)
        # Nothing of a target outlives a fork: threads do not.
        self._context.target.close()
        if self._context.target.manifest.clock == "virtual":
            self._run_virtual(runs)
        else:
            self._run_real(runs)

    def _run_virtual(self, runs: Sequence[PlannedRun]) -> None:
        tell = self._emit
        in_order = InOrder(runs, tell)
        self._emit = in_order.take
        try:
            self._in_processes(runs)
        finally:
            self._emit = tell
            in_order.rest()

    def _run_real(self, runs: Sequence[PlannedRun]) -> None:
        """What may run where another has ended, and what is in doubt, the parent runs itself."""
        longest_first = sorted(
            (run for run in runs if not run.case.mark.spare), key=lambda run: -run.case.mark.real_s
        )
        shards = self._in_processes(longest_first)
        again = [done for shard in shards for done in self._in_doubt(shard)]
        pool = Pool(self._context, self._emit, self._interrupts, None, self._ended)
        pool.repeat([*again, *pool.overlap([run for run in runs if run.case.mark.spare])])

    def _in_processes(self, runs: Sequence[PlannedRun]) -> list[_Shard]:
        shards: list[_Shard] = []
        try:
            with signals_held_back():
                shards.extend(self._start(at, runs[at :: self._count]) for at in range(self._count))
            self._listen(shards)
        finally:
            for shard in shards:
                shard.process.kill()
                shard.process.join()
                shard.pipe.close()
        return shards

    def _start(self, number: int, runs: Sequence[PlannedRun]) -> _Shard:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        arguments = (self._context, runs, theirs, self._ended, number, self._count, os.getpid())
        process = context.Process(target=_work, args=arguments, daemon=True)
        process.start()
        theirs.close()
        left = {(run.case.id, run.ip): run for run in runs}
        return _Shard(process, ours, runs, left, [])

    def _listen(self, shards: Sequence[_Shard]) -> None:
        """Tell of what the shards tell, until all have ended, or have not in spite of a signal."""
        speaking = list(shards)
        deadline = math.inf
        while speaking and time.monotonic() < deadline:
            if self._interrupts.signalled() and deadline == math.inf:
                deadline = time.monotonic() + ENDING_S
                for shard in speaking:
                    shard.process.terminate()
            ready = wait([shard.pipe for shard in speaking], TICK_S)
            for shard in [shard for shard in speaking if shard.pipe in ready]:
                try:
                    self._take(shard, shard.pipe.recv())
                except (EOFError, OSError):
                    speaking.remove(shard)
                    self._lost(shard)

    def _take(self, shard: _Shard, message: RunEvent | Doubt) -> None:
        if isinstance(message, Doubt):
            run = shard.runs[message.place]
            del shard.left[run.case.id, run.ip]
            shard.doubts.append(message)
            return
        if isinstance(message, CaseEnded):
            del shard.left[message.result.id, message.result.ip]
        self._emit(message)

    def _lost(self, shard: _Shard) -> None:
        """A shard has ended: an error for each case that it should have told of."""
        if self._interrupts.signalled():
            return
        shard.process.join()
        why = f"the tester's process ended with status {shard.process.exitcode}"
        for run in shard.left.values():
            self._emit(self._ended(lost_result(self._context, run, why), None))

    def _in_doubt(self, shard: _Shard) -> list[Done]:
        return [
            Done(
                Job(shard.runs[doubt.place], Leash(), 0.0, lag_ns=doubt.lag_ns),
                doubt.result,
                doubt.trace,
                doubt.fault,
            )
            for doubt in shard.doubts
        ]


def _work(
    context: Context,
    runs: Sequence[PlannedRun],
    pipe: Connection,
    ended: Ended,
    number: int,
    share: int,
    parent: int,
) -> None:
    """One shard's process: run the cases, tell of their events, and at last of what is in doubt.

    Shard `number` of `share` stays on a processor of its own, where its threads take turns at
    Python's lock: a fifth quicker than all over the machine.
    """
    die_with(parent)
    processors = sorted(os.sched_getaffinity(0))
    with suppress(OSError):
        os.sched_setaffinity(0, {processors[number % len(processors)]})
    # The parent tells of the end, once; a terminal's Ctrl-C is for the parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with (
        suppress(BrokenPipeError),
        closing(pipe),
        Interrupts() as interrupts,
        closing(open_manifest(context.target.manifest)) as target,
    ):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        own = replace(context, target=target)
        if target.manifest.clock == "virtual":
            run_in_sequence(own, pipe.send, interrupts, runs, ended)
            return
        pool = Pool(own, pipe.send, interrupts, None, ended, share=share)
        places = {id(run): place for place, run in enumerate(runs)}
        for job, result, trace, fault in pool.overlap(runs):
            pipe.send(Doubt(places[id(job.run)], result, trace, job.lag_ns, fault))
