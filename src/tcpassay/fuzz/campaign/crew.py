"""A campaign in several processes: each plays stays of its own, one coordinator hands them out.

Workers write into the campaign's folder themselves; what they tell is for the reader. So whatever
ends one, nothing is lost but the case in flight.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.conformance.interrupts import SIGNALS, CutShort, Interrupts, signals_held_back
from tcpassay.core.errors import TcpassayError
from tcpassay.fuzz.campaign.happenings import Counted, Found, WorkerLost
from tcpassay.fuzz.campaign.keeping import entries_of, read_corpus
from tcpassay.fuzz.campaign.lines import each_value
from tcpassay.fuzz.campaign.store import CORPUS_FILE
from tcpassay.fuzz.sources import STAY
from tcpassay.fuzz.sources.entries import Entry
from tcpassay.targets.orphans import die_with

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from multiprocessing.connection import Connection

    from tcpassay.fuzz.campaign.happenings import Happening
    from tcpassay.fuzz.campaign.orders import Orders
    from tcpassay.fuzz.campaign.store import Store
    from tcpassay.fuzz.campaign.worker import Order, Worker
    from tcpassay.fuzz.finding.kept import Finding

#: Seconds that workers have to end their cases after a signal, and that one may then take to end.
ENDING_S: Final = 10.0
#: Seconds between two looks at whether a signal has come.
TICK_S: Final = 0.05
#: How often a case may end its worker before it is left out.
TRIES: Final = 2
#: A day: cases have limits of their own.
STAY_S: Final = 86_400.0


class Task(NamedTuple):
    """An order, and what other workers have found since the last one."""

    order: Order
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...]


class Over(NamedTuple):
    """A worker is at the end of an order, or has left off."""

    whole: bool


class Failed(NamedTuple):
    """What went wrong with the campaign, not with one case."""

    error: TcpassayError


@dataclass(slots=True)
class _Member:
    """A process, and what it is at; None while it waits.

    It has been told of so many findings and entries; None for one that begins in the midst.
    """

    number: int
    process: multiprocessing.process.BaseProcess
    pipe: Connection
    order: Order | None = None
    findings: int = 0
    entries: int | None = 0


class Crew:
    """Runs the orders of a campaign in `count` processes.

    `make` makes the worker, in its own process, from what tells and what says whether to leave off.
    `deadline` is of time.monotonic(); `earlier` are the numbers of the entries of the corpus that
    each worker begins with.
    """

    def __init__(
        self,
        make: Callable[[Callable[[Happening], None], Callable[[], bool]], Worker],
        count: int,
        store: Store,
        orders: Orders,
        tell: Callable[[Happening], None],
        interrupts: Interrupts,
        deadline: float,
        earlier: Collection[int] = (),
    ) -> None:
        self._make = make
        self._earlier = frozenset(earlier)
        self._count = count
        self._store = store
        self._orders = orders
        self._tell = tell
        self._interrupts = interrupts
        self._deadline = deadline
        self._members: list[_Member] = []
        self._deaths: Counter[int] = Counter()
        #: What workers have found, each with the worker's number; -1 where that one is no more.
        #: Of the entries the first `_forgot` are gone: everybody knows them.
        self._findings: list[tuple[int, Finding]] = []
        self._entries: list[tuple[int, Entry]] = []
        self._forgot = 0
        self._corpus = store.folder / CORPUS_FILE

    def run(self) -> None:
        """Until every order is carried out, the time is up, or a signal has come.

        Raises what has ended the campaign in a worker.
        """
        try:
            with signals_held_back():
                for number in range(self._count):
                    self._members.append(self._start(number))
            self._listen()
        finally:
            for member in self._members:
                member.process.kill()
                member.process.join()
                member.pipe.close()

    def _start(self, number: int) -> _Member:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        others = [member.pipe for member in self._members] + [ours]
        arguments = (self._make, theirs, others, self._deadline, number, os.getpid())
        process = context.Process(target=_work, args=arguments, daemon=True)
        process.start()
        theirs.close()
        return _Member(number, process, ours)

    def _listen(self) -> None:
        until = math.inf
        while time.monotonic() < until:
            if self._interrupts.signalled() and until == math.inf:
                until = time.monotonic() + ENDING_S
                for member in self._members:
                    member.process.terminate()
            self._hand_out()
            busy = [member for member in self._members if member.order is not None]
            if not busy:
                return
            ready = wait([member.pipe for member in busy], TICK_S)
            for member in [member for member in busy if member.pipe in ready]:
                try:
                    self._take(member, member.pipe.recv())
                except (EOFError, OSError):
                    self._lost(member)

    def _over(self) -> bool:
        return self._interrupts.signalled() or time.monotonic() >= self._deadline

    def _hand_out(self) -> None:
        for member in self._members:
            if member.order is None and not self._over():
                order = self._orders.next()
                if order is None:
                    return
                self._give(member, order)

    def _give(self, member: _Member, order: Order) -> None:
        member.order = order
        # One that has died meanwhile is found when it is listened to.
        with suppress(BrokenPipeError):
            member.pipe.send(self._task(member, order))

    def _task(self, member: _Member, order: Order) -> Task:
        """An order, with what others have found that the worker has not been told of."""
        entries = self._entries_for(member)
        findings = tuple(
            each for number, each in self._findings[member.findings :] if number != member.number
        )
        member.findings, member.entries = len(self._findings), self._forgot + len(self._entries)
        self._forget()
        return Task(order, findings, entries)

    def _entries_for(self, member: _Member) -> tuple[Entry, ...]:
        if member.entries is None:
            # It takes the place of one that has died: all that this session has brought.
            every = read_corpus(each_value(self._corpus), self._corpus)
            return tuple(entry for entry in every if entry.number not in self._earlier)
        news = self._entries[member.entries - self._forgot :]
        return tuple(entry for number, entry in news if number != member.number)

    def _forget(self) -> None:
        """Let go of what every worker has been told of."""
        told = min(member.entries or 0 for member in self._members)
        del self._entries[: max(0, told - self._forgot)]
        self._forgot = max(self._forgot, told)

    def _take(self, member: _Member, message: Happening | Over | Failed) -> None:
        if isinstance(message, Failed):
            raise message.error
        if not isinstance(message, Over):
            self._learn(member.number, message)
            self._tell(message)
            return
        if message.whole and member.order is not None:
            self._orders.ended(member.order.stay)
        member.order = None

    def _learn(self, number: int, message: Happening) -> None:
        """What others are to know of."""
        if isinstance(message, Found):
            self._findings.append((number, message.finding))
        elif isinstance(message, Counted):
            self._entries += [(number, entry) for entry in message.entries]

    def _lost(self, member: _Member) -> None:
        """A process has ended: another goes on where it was, and leaves out what ends them all."""
        order = member.order
        member.process.join(ENDING_S)
        member.pipe.close()
        if order is None or self._interrupts.signalled():
            member.order = None
            self._members.remove(member)
            return
        before = self._store.stays.get(order.stay)
        case = order.stay * STAY + before.cases
        self._deaths[case] += 1
        skipped = self._deaths[case] >= TRIES
        if skipped:
            before = before._replace(cases=before.cases + 1)
            self._store.stays.set(order.stay, before)
        why = f"ended with status {member.process.exitcode}"
        self._tell(WorkerLost(member.number, case, why, skipped))
        self._members.remove(member)
        self._untold(member, order.stay)
        with signals_held_back():
            self._members.append(self._start(member.number))
        self._members[-1].entries = None
        if before.cases < order.last:
            # A worker that has been at a later stay does not know any more what this one may.
            self._give(self._members[-1], order._replace(before=before))
        else:
            self._orders.ended(order.stay)

    def _untold(self, member: _Member, stay: int) -> None:
        """What a worker had written but not told, and that nobody knows any more."""
        self._findings = [
            (-1 if number == member.number else number, each) for number, each in self._findings
        ]
        self._entries = [
            (-1 if number == member.number else number, each) for number, each in self._entries
        ]
        told = {entry.number for entry in self._told_of_stay(stay)} | self._earlier
        self._entries += [
            (-1, entry) for entry in entries_of(self._store, stay) if entry.number not in told
        ]

    def _told_of_stay(self, stay: int) -> list[Entry]:
        return [entry for _, entry in self._entries if entry.number // STAY == stay]


def _work(
    make: Callable[[Callable[[Happening], None], Callable[[], bool]], Worker],
    pipe: Connection,
    others: list[Connection],
    deadline: float,
    number: int,
    parent: int,
) -> None:
    """One worker's process: on a processor of its own, until its pipe is closed."""
    die_with(parent)
    for other in others:
        other.close()
    processors = sorted(os.sched_getaffinity(0))
    with suppress(OSError):
        os.sched_setaffinity(0, {processors[number % len(processors)]})
    # The parent tells of the end, once; a terminal's Ctrl-C is for the parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(BrokenPipeError, EOFError), closing(pipe), Interrupts() as interrupts:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        try:
            _serve(make, pipe, deadline, interrupts)
        except TcpassayError as error:
            pipe.send(Failed(error))


def _serve(
    make: Callable[[Callable[[Happening], None], Callable[[], bool]], Worker],
    pipe: Connection,
    deadline: float,
    interrupts: Interrupts,
) -> None:
    def stopping() -> bool:
        return interrupts.signalled() or time.monotonic() >= deadline

    worker = make(pipe.send, stopping)
    try:
        while not interrupts.signalled():
            with interrupts.guarded(STAY_S):
                task: Task = pipe.recv()
                worker.know(task.findings, task.entries)
                whole = worker.work(task.order)
            pipe.send(Over(whole))
    except CutShort:
        pass
    finally:
        worker.close()
