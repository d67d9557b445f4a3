"""Cases on a real clock, overlapped: one thread each, held to a number that keeps up.

Cases mostly wait, so their number costs little until the reader of their
datagrams falls behind; the pool watches how late it is and starts fewer.
"""

from __future__ import annotations

import math
import resource
import sys
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from queue import Empty
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.execute import lost_result, run_case
from tcpassay.conformance.layers import Layer
from tcpassay.conformance.leash import Leash
from tcpassay.conformance.processor import on_one_processor
from tcpassay.conformance.result import CaseEnded, CaseStarted
from tcpassay.core.mailbox import Mailbox
from tcpassay.core.verdict import Verdict
from tcpassay.wire import scapy_edge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcpassay.conformance.case import CaseFunction
    from tcpassay.conformance.execute import Context
    from tcpassay.conformance.interrupts import Interrupts
    from tcpassay.conformance.plan import PlannedRun
    from tcpassay.conformance.result import CaseResult, RunEvent
    from tcpassay.core.trace import Trace
    from tcpassay.targets.contract import IpVersion

    #: Makes the event of a case that has ended, with what the oracle says of its trace.
    Ended = Callable[[CaseResult, Trace | None], CaseEnded]

NS_PER_MS = 1_000_000

#: Cases in flight where --jobs does not say otherwise. Measured on the Linux kernel, 2 cores, one
#: kept busy: 300 waiting cases lag 15 to 25 ms, and no less when there are 128.
IN_FLIGHT = 256
#: The same for cases that run where others have ended: they hardly wait. 1 to 256 were tried.
SPARE_IN_FLIGHT = 4
#: The same for cases that share one stack, and a server that may have room for few connections.
SERVED_IN_FLIGHT = 4
#: Descriptors set aside for each case in flight (6 while it waits, more for its sockets).
DESCRIPTORS_A_CASE = 12
#: Descriptors of the tester itself.
DESCRIPTORS_KEPT = 64
#: The number in flight is not lowered below this.
FEWEST_IN_FLIGHT = 8
#: Seconds between two starts: a start works, a case in flight waits.
START_GAP_S = 0.002
#: Seconds between two looks at the lag.
TICK_S = 0.005
#: The reader's lag beyond which fewer cases are kept in flight.
LAG_LIMIT_NS = 20 * NS_PER_MS
#: The lag under which an unexpected verdict is believed, and a value that measures time.
TOLERANCE_NS = 20 * NS_PER_MS
#: Cases in flight that are run again after a run that lagged.
AGAIN_IN_FLIGHT = 4
#: How often a case is run alone when that has lagged too.
TRIES_ALONE = 2
#: So many unexpected verdicts are asked for twice though nothing lagged: a machine that stands
#: still for a moment makes a few. Where there are more it is the target that makes them.
ASKED_TWICE = 32
#: Seconds that a case has to come back once its stack was closed under it.
GRACE_S = 3.0
#: Python hands its lock to another thread after this many seconds rather than its usual 5 ms.
SWITCH_INTERVAL_S = 0.0005


class Done(NamedTuple):
    """What a case's thread hands back: its result and trace, or why there is none."""

    job: Job
    result: CaseResult | None
    trace: Trace | None
    fault: str = ""


@dataclass(eq=False, slots=True)
class Job:
    """One case in flight. `lag_ns` is the worst that its stack's reader told while it ran,
    `late_ns` how late the pool itself woke: a machine that stands still delays the kernel's timers
    too, which no reader sees.
    """

    run: PlannedRun
    leash: Leash
    started_s: float
    thread: threading.Thread | None = None
    lag_ns: int = 0
    late_ns: int = 0
    cut_s: float | None = None


class Pool:
    """Runs the cases of one target on a real clock and emits their events from one thread."""

    def __init__(
        self,
        context: Context,
        emit: Callable[[RunEvent], None],
        interrupts: Interrupts,
        jobs: int | None = None,
        ended: Ended = CaseEnded,
        share: int = 1,
    ) -> None:
        """`share` is how many pools run beside each other, and so take that part each."""
        self._context = context
        self._emit = emit
        self._ended = ended
        self._interrupts = interrupts
        served = context.target.manifest.served is not None
        self._most = min(jobs or (SERVED_IN_FLIGHT if served else IN_FLIGHT // share), _room_for())
        self._shared = served and self._most > 1
        self._most_spare = min(jobs or SPARE_IN_FLIGHT, self._most)
        self._fewest = min(FEWEST_IN_FLIGHT, self._most)
        self._limit = self._most
        self._done: Mailbox[Done] = Mailbox()
        self._running: set[Job] = set()
        self._again: list[Done] = []
        self._firsts: dict[tuple[str, IpVersion], Done] = {}
        self._askings = ASKED_TWICE
        self._next_start_s = 0.0

    def run(self, runs: Sequence[PlannedRun]) -> None:
        """Run every case, the longest first; return early once a signal was caught.

        What failed while the reader lagged or reached nothing to judge, and the first of what
        failed at all, is run again at the end with few others or alone, and only that counts.
        """
        self.repeat(self.overlap(runs))

    def overlap(self, runs: Sequence[PlannedRun]) -> list[Done]:
        """Run every case, the longest first; what is in doubt is not told of, but returned."""
        load_what_they_use(runs)
        with self._at_work():
            longest_first = sorted(runs, key=lambda run: -run.case.mark.real_s)
            self._overlap(deque(run for run in longest_first if not run.case.mark.spare))
            with on_one_processor():
                self._overlap(deque(run for run in longest_first if run.case.mark.spare))
        return self._again

    def repeat(self, again: Sequence[Done]) -> None:
        """Run the cases whose verdicts are in doubt, a few at a time; then alone what still is.

        The last result counts, the first where a signal comes between.
        """
        with self._at_work():
            together = len(again) > 1 and not self._shared
            self._repeat_alone(self._repeat_few(again) if together else again)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with switching_often():
            try:
                yield
            finally:
                self._cancel()

    def _overlap(self, pending: deque[PlannedRun]) -> None:
        while (pending or self._running) and not self._interrupts.signalled():
            if pending and self._has_room(pending[0]) and time.monotonic() >= self._next_start_s:
                self._start(pending.popleft())
            starting = bool(pending) and self._has_room(pending[0])
            done = self._next_done(self._wait_s(starting=starting))
            if done is not None:
                self._finish(done)
            self._watch_time()
        while (done := self._next_done(0.0)) is not None:
            self._finish(done)

    def _has_room(self, run: PlannedRun) -> bool:
        most = min(self._limit, self._most_spare) if run.case.mark.spare else self._limit
        return len(self._running) < most

    def _start(self, run: PlannedRun) -> Job:
        job = Job(run, Leash(), time.monotonic())
        self._next_start_s = job.started_s + (0.0 if run.case.mark.spare else START_GAP_S)
        name = f"{run.case.id} (IPv{run.ip})"
        job.thread = threading.Thread(target=self._work, args=(job,), name=name, daemon=True)
        self._running.add(job)
        self._emit(CaseStarted(self._context.target.manifest.name, run.case.id, run.ip))
        job.thread.start()
        return job

    def _work(self, job: Job) -> None:
        try:
            result, trace = run_case(self._context, job.run, job.leash)
        except BaseException as error:
            self._done.put(Done(job, None, None, f"{type(error).__name__}: {error}"))
        else:
            self._done.put(Done(job, result, trace))

    def _wait_s(self, *, starting: bool) -> float:
        """How long nothing has to be done but wait for a case to end."""
        if not starting:
            return TICK_S
        return min(TICK_S, max(0.0, self._next_start_s - time.monotonic()))

    def _next_done(self, wait_s: float) -> Done | None:
        """Wait for a case to end; a wait that ends late shows how late threads run."""
        due = time.monotonic() + wait_s
        done: Done | None = None
        with suppress(Empty):
            done = self._done.get(wait_s) if wait_s else self._done.get_nowait()
        late_ns = int((time.monotonic() - due) * 1e9) if wait_s else 0
        for job in self._running:
            job.late_ns = max(job.late_ns, late_ns)
        if done is None:
            self._lagged(late_ns)
        return done

    def _lagged(self, own_ns: int) -> None:
        """Note what the stacks tell of their reader; `own_ns` stands in where one tells nothing."""
        worst_ns = 0
        for job in self._running:
            told_ns = job.leash.lag_ns()
            lag_ns = own_ns if told_ns is None else told_ns
            if lag_ns > job.lag_ns:
                job.lag_ns = lag_ns
                worst_ns = max(worst_ns, lag_ns)
        if worst_ns > LAG_LIMIT_NS:
            self._limit = max(self._fewest, min(self._limit, len(self._running)) * 3 // 4)
            self._next_start_s = time.monotonic() + LAG_LIMIT_NS / 1e9
        elif self._limit < self._most:
            self._limit += 1

    def _finish(self, done: Done) -> None:
        if done.job not in self._running:
            return
        self._running.discard(done.job)
        event = self._ended(self._result(done), done.trace)
        if self._must_repeat(event, done.job):
            self._again.append(done)
            return
        first = self._firsts.pop(_key(done.job.run), None)
        self._emit(event if first is None else self._noted(event, "with few others", first))

    def _must_repeat(self, event: CaseEnded, job: Job) -> bool:
        """Whether something else than the target may have made this verdict.

        That is the lag, and where cases share one stack, what the others did to it; and whatever
        made a machine stand still, which shows in no lag: a few verdicts are asked for twice.
        A set-up that failed has judged nothing and is tried twice always.
        """
        if self._shared or _lagged_badly(event, job):
            return not _believed(event, job)
        if _as_expected(event) or job.cut_s is not None or _key(job.run) in self._firsts:
            return False
        if event.result.verdict is Verdict.INCONCLUSIVE:
            return True
        self._askings -= 1
        return self._askings >= 0

    def _result(self, done: Done) -> CaseResult:
        job = done.job
        if done.result is None:
            return lost_result(self._context, job.run, f"internal fault: {done.fault}")
        job.lag_ns = max(job.lag_ns, int(done.result.lag_s * 1e9))
        return replace(done.result, lag_s=job.lag_ns / 1e9)

    def _repeat_few(self, again: Sequence[Done]) -> list[Done]:
        """Run these again, few in flight; the first results of those that are in doubt still."""
        self._limit = self._fewest = self._most = min(AGAIN_IN_FLIGHT, self._most)
        self._firsts, self._again = {_key(done.job.run): done for done in again}, []
        self._overlap(deque(done.job.run for done in again))
        left, self._firsts = list(self._firsts.values()), {}
        return left

    def _repeat_alone(self, again: Sequence[Done]) -> None:
        self._limit = self._fewest = self._most = 1
        for first in again:
            last = first
            for _ in range(TRIES_ALONE):
                last = self._run_alone(first.job.run) or last
                event = self._ended(self._result(last), last.trace)
                if not _lagged_badly(event, last.job):
                    break
            self._emit(event if last is first else self._noted(event, "alone", first))

    def _noted(self, event: CaseEnded, how: str, first: Done) -> CaseEnded:
        """The event of a case that was run again; it tells what the first run had beside it."""
        before = self._ended(self._result(first), first.trace)
        why = _missing(before, event, first.job.lag_ns)
        note = f"run again {how}" + (f": the first run {' and '.join(why)}" if why else "")
        message = event.result.message
        told = f"{message} ({note})" if message else note
        return replace(event, result=replace(event.result, message=told))

    def _run_alone(self, run: PlannedRun) -> Done | None:
        if self._interrupts.signalled():
            return None
        job = self._start(run)
        while job in self._running:
            done = self._next_done(TICK_S)
            self._watch_time()
            if done is not None and done.job is job:
                self._running.discard(job)
                return done
            if self._interrupts.signalled():
                break
        return None

    def _watch_time(self) -> None:
        now = time.monotonic()
        for job in tuple(self._running):
            if job.cut_s is None and now - job.started_s > self._context.max_time_s:
                job.cut_s = now
                job.leash.cut(f"took longer than {self._context.max_time_s:g} s")
            elif job.cut_s is not None and now - job.cut_s > GRACE_S:
                job.cut_s = math.inf
                message = f"{job.leash.reason} and did not stop when its stack was closed"
                self._done.put(Done(job, lost_result(self._context, job.run, message), None))

    def _cancel(self) -> None:
        """Close the stacks of what is in flight and wait, not for ever, for its threads."""
        for job in self._running:
            job.leash.cut("cancelled")
        deadline = time.monotonic() + GRACE_S
        for job in self._running:
            if job.thread is not None:
                job.thread.join(max(0.0, deadline - time.monotonic()))
        self._running.clear()


def _key(run: PlannedRun) -> tuple[str, IpVersion]:
    return run.case.id, run.ip


def load_what_they_use(runs: Sequence[PlannedRun]) -> None:
    """Import Scapy where a case uses it, which would delay the case, and those beside it."""
    if any(_uses_scapy(function) for function in {run.case.function for run in runs}):
        scapy_edge.load()


def _room_for() -> int:
    """How many cases the process has descriptors for (RLIMIT_NOFILE), at least one."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return IN_FLIGHT
    return max(1, (limit - DESCRIPTORS_KEPT) // DESCRIPTORS_A_CASE)


def _uses_scapy(function: CaseFunction) -> bool:
    """Whether a case's file names Scapy layers, or a helper of a file that does."""
    own = _globals_of(function)
    return _names_layers(own) or any(_names_layers(_globals_of(value)) for value in own.values())


def _globals_of(value: object) -> dict[str, object]:
    """What a function sees of its file; nothing for what is no function."""
    seen = getattr(value, "__globals__", None)
    return seen if isinstance(seen, dict) else {}


def _names_layers(names: dict[str, object]) -> bool:
    return any(isinstance(value, Layer) for value in names.values())


def _lagged_badly(event: CaseEnded, job: Job) -> bool:
    """Whether the lag, rather than the target, may have made this verdict, or the oracle's."""
    if job.lag_ns > TOLERANCE_NS:
        return not _believed(event, job)
    return job.late_ns > TOLERANCE_NS and not _as_expected(event)


def _believed(event: CaseEnded, job: Job) -> bool:
    """Whether it does not matter how the verdict came about."""
    result, timing = event.result, job.run.case.mark.timing
    return _as_expected(event) and not (timing and result.verdict is Verdict.INFO)


def _as_expected(event: CaseEnded) -> bool:
    return event.result.as_expected and all(alarm.as_expected for alarm in event.alarms)


def _missing(first: CaseEnded, last: CaseEnded, lag_ns: int) -> list[str]:
    """What the first run of a case had that its last has not."""
    why = [f"lagged {lag_ns / NS_PER_MS:.0f} ms"] if lag_ns > TOLERANCE_NS else []
    if first.result.verdict is not last.result.verdict:
        why.append(f"was {first.result.verdict.value}")
    left = {alarm.requirement for alarm in last.alarms}
    gone = (a.requirement for a in first.alarms if not (a.as_expected or a.requirement in left))
    if named := ", ".join(dict.fromkeys(gone)):
        why.append(f"violated {named}")
    return why


@contextmanager
def switching_often() -> Iterator[None]:
    """A reader must not wait 5 ms for Python's lock behind each thread that works."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, SWITCH_INTERVAL_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
