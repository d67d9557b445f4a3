"""One worker: plays the stays it is given, case by case, and keeps what each has brought."""

from __future__ import annotations

import time
from bisect import bisect_right
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.memory import give_back
from tcpassay.fuzz.campaign.coverage import news_json
from tcpassay.fuzz.campaign.happenings import Counted, Hinted
from tcpassay.fuzz.campaign.keeping import entries_of, hint_json
from tcpassay.fuzz.campaign.stays_file import Progress
from tcpassay.fuzz.playing.stay import Stay
from tcpassay.fuzz.sources import STAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcpassay.core.trace import Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.campaign.coverage import Seen
    from tcpassay.fuzz.campaign.happenings import Happening
    from tcpassay.fuzz.campaign.keeping import Keeper
    from tcpassay.fuzz.campaign.schedule import Schedule
    from tcpassay.fuzz.campaign.store import Store
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.finding.kept import Finding
    from tcpassay.fuzz.judges.differential import Differential
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.playing.stay import Ran
    from tcpassay.fuzz.sources.entries import Entry
    from tcpassay.fuzz.sources.sequence import Sequence
    from tcpassay.targets.contract import Target

#: Seconds between two times that a worker tells how far it is.
TELL_S: Final = 0.2
#: Seconds from when what has come is put onto the disk to when it is, behind a stay, once more. Who
#: ends the campaign does it as well.
SYNC_S: Final = 5.0
#: One stay in so many is judged whole by one oracle as well.
WHOLE: Final = 64
_MASK64: Final = (1 << 64) - 1


class Order(NamedTuple):
    """Cases of a stay from where it stands up to `last` (exclusive), counted from its first."""

    stay: int
    last: int
    before: Progress


class Bench(NamedTuple):
    """What a worker works with."""

    target: Target
    judge: Judge
    schedule: Schedule
    store: Store
    keeper: Keeper
    guide: Sequence
    seen: Seen
    seed: int
    stays: Callable[[Target, Judge, int], Stay] = Stay
    differential: Differential | None = None


class Worker:
    """Carries out orders; `tell` hears of everything, `stopping` says whether to leave off."""

    def __init__(
        self, bench: Bench, tell: Callable[[Happening], None], stopping: Callable[[], bool]
    ) -> None:
        self._bench = bench
        self._tell = tell
        self._stopping = stopping
        self._progress = Progress()
        self._source = 0
        self._hinted: set[tuple[str, tuple[str, str]]] = set()
        self._trace: Trace | None = None
        self._synced = time.perf_counter()
        self._replayed = False
        self._since = _Since(len(bench.schedule.sources), time.perf_counter())

    def know(self, findings: Iterable[Finding], entries: Iterable[Entry]) -> None:
        """What other workers have found."""
        self._bench.keeper.know(findings)
        self._bench.guide.admit(entries)

    def work(self, order: Order) -> bool:
        """Whether every case of the order has been run; not where there was a reason to stop.

        Raises what starting a stack raises, AgentFault, and TcpassayError where the campaign's
        folder cannot be written: then the case in flight does not count.
        """
        try:
            return self._work(order)
        finally:
            # A stack and its trace are rings of objects. Nothing of a stay is wanted any more, so
            # all of it goes at once, and a long campaign needs no more memory than a short one.
            # Where a finding has been played again they are no longer young.
            self._trace = None
            give_back(all_of_it=self._replayed)
            self._replayed = False

    def _work(self, order: Order) -> bool:
        bench = self._bench
        self._progress = order.before
        if order.before.cases:
            bench.guide.goes_on(order.stay, entries_of(bench.store, order.stay))
        self._since.played_s, self._since.spent_from = 0.0, time.perf_counter()
        stay = bench.stays(bench.target, bench.judge, stay_seed(bench.seed, order.stay))
        whole = _Whole() if judged_whole(bench.seed, order.stay) else None
        try:
            for ran in stay.run(self._cases(order)):
                self._take(ran, order.stay)
                if whole is not None:
                    whole.take(ran)
                if time.perf_counter() - self._since.told > TELL_S:
                    self._count(ran.number, stay)
                if self._stopping():
                    break
            else:
                self._boundary(order, stay, whole)
        finally:
            stay.close()
        self._count(order.stay * STAY + self._progress.cases - 1, stay)
        if time.perf_counter() - self._synced > SYNC_S:
            bench.store.sync()
            self._synced = time.perf_counter()
        return self._progress.cases >= order.last

    def close(self) -> None:
        """Let the targets go; may be called twice."""
        self._bench.target.close()
        if self._bench.differential is not None:
            self._bench.differential.close()

    def _cases(self, order: Order) -> Iterator[tuple[int, FuzzCase]]:
        end = order.stay * STAY + order.last
        for number, place, case in self._bench.schedule.cases(order.stay, order.before.cases):
            if number >= end:
                return
            self._source = place
            yield number, case

    def _take(self, ran: Ran, stay: int) -> None:
        """Keep what a case has brought, and then that it is done."""
        bench, since = self._bench, self._since
        self._learn(ran)
        if ran.alarms:
            for alarm in ran.alarms:
                self._consider(ran, alarm)
            since.alarmed += 1
        if bench.differential is not None:
            self._compare(bench.differential, ran)
        cases, accepted, alarmed, over = self._progress
        self._progress = Progress(
            cases + 1, accepted + ran.accepted, alarmed + bool(ran.alarms), over
        )
        bench.store.stays.set(stay, self._progress)
        since.cases += 1
        since.accepted += ran.accepted
        since.by_source[self._source] += 1

    def _learn(self, ran: Ran) -> None:
        """What is new in a case, for others to be made of it."""
        bench = self._bench
        if ran.trace is not self._trace:
            self._trace = ran.trace
            bench.guide.restarted()
        entries = bench.guide.ran(ran.number, ran.case, ran.triples, ran.counters)
        if not entries:
            return
        bench.guide.admit(entries)
        self._since.entries += entries
        for entry in entries:
            bench.store.add("corpus", entry.to_json())
            fresh = bench.seen.add(entry.new)
            if fresh:
                bench.store.add("coverage", news_json(entry.number, fresh))

    def _compare(self, differential: Differential, ran: Ran) -> None:
        """Where another target does otherwise, and has not done so before."""
        for hint in differential.compare(ran):
            if hint.key not in self._hinted:
                self._hinted.add(hint.key)
                self._bench.store.add("hints", hint_json(ran.number, hint))
                self._tell(Hinted(ran.number, hint))

    def _consider(self, ran: Ran, alarm: Alarm) -> None:
        def before() -> list[FuzzCase]:
            stay, count = divmod(ran.number, STAY)
            return [case for _, _, case in islice(self._bench.schedule.cases(stay), count)]

        keeper = self._bench.keeper
        began, stacks = time.perf_counter(), keeper.stacks
        found = keeper.consider(ran, alarm, before)
        self._since.replayed_s += time.perf_counter() - began
        self._replayed = self._replayed or keeper.stacks != stacks
        if found is not None:
            self._tell(found)

    def _boundary(self, order: Order, stay: Stay, whole: _Whole | None) -> None:
        """Judge what only the end of a stay shows."""
        late = [(ran, alarm) for ran in stay.boundary() for alarm in ran.alarms]
        if whole is not None:
            late += whole.alarms(self._bench.judge)
        for ran, alarm in late:
            self._consider(ran, alarm)
        over = order.last == STAY
        self._bench.store.stays.set(order.stay, self._progress._replace(over=over))

    def _count(self, case: int, stay: Stay) -> None:
        """Tell what has come since the last time."""
        since, now = self._since, time.perf_counter()
        again = self._bench.keeper.again(case // STAY)
        if again is not None:
            self._tell(again)
        self._tell(
            Counted(
                case,
                since.cases,
                since.accepted,
                since.alarmed,
                tuple(since.by_source),
                stay.played_s - since.played_s,
                now - since.spent_from,
                since.replayed_s,
                tuple(since.entries),
            )
        )
        self._since = _Since(len(since.by_source), now)
        self._since.played_s = stay.played_s


class _Since:
    """What a worker has not told of yet."""

    def __init__(self, sources: int, now: float) -> None:
        self.cases = self.accepted = self.alarmed = 0
        self.by_source = [0] * sources
        self.entries: list[Entry] = []
        self.played_s = self.replayed_s = 0.0
        self.told = self.spent_from = now


class _Whole:
    """A stay as one: all that happened on each of its stacks, the judges' own connections too."""

    def __init__(self) -> None:
        self._stacks: dict[int, tuple[Trace, list[Ran]]] = {}

    def take(self, ran: Ran) -> None:
        """One case that was played."""
        self._stacks.setdefault(id(ran.trace), (ran.trace, []))[1].append(ran)

    def alarms(self, judge: Judge) -> Iterator[tuple[Ran, Alarm]]:
        """What one oracle says of everything and has not said of a case alone, each with the case
        that it falls into or comes behind.
        """
        for trace, rans in self._stacks.values():
            starts = [ran.entries[0].n if ran.entries else 0 for ran in rans]
            for alarm in judge.alarms(trace, trace.entries, whole=True):
                which = max(0, bisect_right(starts, alarm.event) - 1)
                if all(each.key != alarm.key for each in rans[which].alarms):
                    event = max(0, alarm.event - starts[which])
                    yield rans[which], alarm._replace(event=event)


def stay_seed(seed: int, stay: int) -> int:
    """What feeds a stay's stack and the numbers of its peers."""
    return (seed + stay) & _MASK64


def judged_whole(seed: int, stay: int) -> bool:
    """Whether a stay is in the sample that one oracle judges as a whole."""
    return Random(f"{seed}:whole:{stay}").randrange(WHOLE) == 0
