"""A campaign: from a target and its settings to findings on disk, told of as they come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.collecting import seldom_collecting
from tcpassay.conformance.interrupts import CutShort, Interrupts
from tcpassay.conformance.preflight import preflight
from tcpassay.conformance.processor import on_one_processor
from tcpassay.core.json_values import array, mapping
from tcpassay.fuzz.coverage import Seen
from tcpassay.fuzz.happenings import Begun, Earlier, Ended
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.keeping import Keeper, kept
from tcpassay.fuzz.material import digests
from tcpassay.fuzz.orders import Orders
from tcpassay.fuzz.parts import shares_of
from tcpassay.fuzz.schedule import Schedule
from tcpassay.fuzz.store import Identity, Store
from tcpassay.fuzz.worker import Bench, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tcpassay.core.json_values import Json
    from tcpassay.fuzz.coverage import Triple
    from tcpassay.fuzz.happenings import Happening
    from tcpassay.fuzz.parts import Mode
    from tcpassay.fuzz.stays_file import Progress
    from tcpassay.targets.contract import IpVersion, Target

#: Seconds in which a stack has to come back from its first handshake.
_PREFLIGHT_S = 60.0
#: A day: cases have limits of their own.
_STAY_S = 86_400.0


class Settings(NamedTuple):
    """What a campaign is to be. It ends behind case `cases` - 1, counted from its very beginning,
    or after `seconds` of this session.
    """

    folder: Path
    seed: int
    mode: Mode = "all"
    ip: IpVersion = 4
    cases: int | None = None
    seconds: float | None = None
    jobs: int = 1
    resume: bool = False


def run(target: Target, settings: Settings, listener: Callable[[Happening], None]) -> Ended:
    """Run a campaign, or go on with one, telling `listener` from the calling thread.

    SIGINT and SIGTERM end it in order. Raises TargetUnavailableError where the target cannot be
    started, ConfigurationError where the folder is another campaign's, TcpassayError where it
    cannot be written any more, AgentFault; whatever has ended before stays.
    """
    interrupts = Interrupts()
    with interrupts, seldom_collecting():
        return _Session(target, settings, listener, interrupts).run()


class _Session:
    """One run of a campaign."""

    def __init__(
        self,
        target: Target,
        settings: Settings,
        listener: Callable[[Happening], None],
        interrupts: Interrupts,
    ) -> None:
        self._target = target
        self._settings = settings
        self._tell = listener
        self._interrupts = interrupts
        self._began = time.monotonic()

    def run(self) -> Ended:
        target, settings = self._target, self._settings
        version = target.version()
        schedule = make_schedule(target, settings)
        identity = Identity(
            target.manifest.name,
            version,
            settings.seed,
            tuple(f"{share.source.name}:{share.weight}" for share in schedule.shares),
            digests(),
        )
        if settings.resume:
            store = Store.resume(settings.folder, identity)
        else:
            preflight(target, settings.ip, self._interrupts.guarded(_PREFLIGHT_S))
            store = Store.begin(settings.folder, identity)
        try:
            return self._with(store, schedule, version)
        finally:
            store.close()

    def _with(self, store: Store, schedule: Schedule, version: str) -> Ended:
        settings, manifest = self._settings, self._target.manifest
        judge = Judge(manifest, version)
        progress = store.stays.all()
        earlier = _earlier(store, schedule, progress)
        keeper = Keeper(self._target, judge, store, settings.seed)
        keeper.know(found.key for found in earlier.findings)
        seen = Seen(earlier.triples)
        sources = tuple((source.name, source.total) for source in schedule.sources)
        self._tell(
            Begun(
                manifest.name,
                version,
                manifest.clock,
                settings.seed,
                sources,
                settings.jobs,
                store.folder,
                earlier,
                tuple(store.notes),
            )
        )
        bench = Bench(self._target, judge, schedule, store, keeper, seen, settings.seed)
        orders = Orders(schedule, progress, settings.cases)
        try:
            with on_one_processor(), self._interrupts.guarded(_STAY_S):
                worker = Worker(bench, self._tell, self._stopping)
                while not self._stopping() and (order := orders.next()) is not None:
                    if worker.work(order):
                        orders.ended(order.stay)
        except CutShort:
            pass
        store.sync()
        ended = Ended(time.monotonic() - self._began, self._interrupts.caught)
        store.add("sessions", {"seconds": round(ended.seconds, 3), "ended": ended.interrupted})
        self._tell(ended)
        return ended

    def _stopping(self) -> bool:
        seconds = self._settings.seconds
        if seconds is not None and time.monotonic() - self._began >= seconds:
            return True
        return self._interrupts.signalled()


def make_schedule(target: Target, settings: Settings) -> Schedule:
    """The cases of a campaign."""
    virtual = target.manifest.clock == "virtual"
    return Schedule(shares_of(settings.mode, settings.seed, virtual=virtual, ip=settings.ip))


def _earlier(store: Store, schedule: Schedule, progress: Sequence[Progress]) -> Earlier:
    findings, again = kept(store.earlier["findings"], store.folder / "findings.jsonl")
    counts = [schedule.counts(stay, each.cases) for stay, each in enumerate(progress)]
    return Earlier(
        sum(each.cases for each in progress),
        sum(each.accepted for each in progress),
        sum(each.alarmed for each in progress),
        sum(_seconds(line) for line in store.earlier["sessions"]),
        tuple(sum(column) for column in zip(*counts, strict=True)) or (0,) * len(schedule.sources),
        frozenset(_triples(store.earlier["coverage"])),
        tuple(findings),
        tuple(again),
    )


def _seconds(session: Json) -> float:
    seconds = mapping(session)["seconds"]
    return float(seconds) if isinstance(seconds, int | float) else 0.0


def _triples(lines: list[Json]) -> Iterator[Triple]:
    for line in lines:
        for triple in array(mapping(line)["triples"]):
            state, input_, answer = (str(word) for word in array(triple))
            yield state, input_, answer
