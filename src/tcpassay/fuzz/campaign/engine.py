"""A campaign: from a target and its settings to findings on disk, told of as they come."""

from __future__ import annotations

import math
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.conformance.collecting import seldom_collecting
from tcpassay.conformance.interrupts import CutShort, Interrupts
from tcpassay.conformance.preflight import preflight
from tcpassay.conformance.processor import on_one_processor
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import mapping
from tcpassay.fuzz.boofuzz_front.installed import require_boofuzz
from tcpassay.fuzz.campaign.coverage import read_coverage
from tcpassay.fuzz.campaign.crew import STAY_S, Crew
from tcpassay.fuzz.campaign.happenings import Begun, Earlier, Ended, Reading
from tcpassay.fuzz.campaign.keeping import Keeper, read_findings, take_in
from tcpassay.fuzz.campaign.material import digests
from tcpassay.fuzz.campaign.orders import Orders
from tcpassay.fuzz.campaign.parts import guided, share_of_file, shares_of
from tcpassay.fuzz.campaign.schedule import Schedule, Share
from tcpassay.fuzz.campaign.store import CORPUS_FILE, SUITE_FILE, Identity, Store
from tcpassay.fuzz.campaign.worker import Bench, Worker
from tcpassay.fuzz.judges.differential import Differential
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.stay import Stay
from tcpassay.fuzz.sources import STAY
from tcpassay.targets.registry import open_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tcpassay.core.json_values import Json
    from tcpassay.fuzz.boofuzz_front.front import Front
    from tcpassay.fuzz.campaign.happenings import Happening
    from tcpassay.fuzz.campaign.parts import Mode
    from tcpassay.fuzz.campaign.stays_file import Progress
    from tcpassay.fuzz.sources.sequence import Sequence as Guide
    from tcpassay.targets.contract import IpVersion, Target

#: What the identity of a campaign of one file begins with, in place of a mode.
CAMPAIGN_MODE: Final = "campaign "
#: Seconds in which a stack has to come back from its first handshake.
_PREFLIGHT_S = 60.0


class Settings(NamedTuple):
    """What a campaign is to be. It ends behind case `cases` - 1, counted from its very beginning,
    or after `seconds` of this session. With `campaign` it has the cases of that file alone. `web`
    is the port of boofuzz's pages where the cases are boofuzz's.
    """

    folder: Path
    seed: int
    mode: Mode = "all"
    campaign: Path | None = None
    ip: IpVersion = 4
    cases: int | None = None
    seconds: float | None = None
    jobs: int = 1
    resume: bool = False
    differential: Target | None = None
    web: int | None = None


class Cases(NamedTuple):
    """Where the cases of a campaign come from, and who learns of what they bring.

    `front` is what they pass through before they are played, where they are boofuzz's.
    """

    schedule: Schedule
    guide: Guide
    front: Front | None = None


def run(
    target: Target,
    settings: Settings,
    listener: Callable[[Happening], None],
    cases: Cases | None = None,
) -> Ended:
    """Run a campaign, or go on with one, telling `listener` from the calling thread.

    `cases` stand in for those that the settings name. SIGINT and SIGTERM end it in order. Raises
    TargetUnavailableError where the target cannot be started, ConfigurationError where the folder
    is another campaign's, TcpassayError where it cannot be written any more, AgentFault; whatever
    has ended before stays.
    """
    interrupts = Interrupts()
    with interrupts, seldom_collecting():
        return _Session(target, settings, listener, interrupts).run(cases)


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

    def run(self, cases: Cases | None) -> Ended:
        target, settings = self._target, self._settings
        version = target.version()
        cases = cases or cases_of(target, settings)
        with _pages(cases.front, settings.web):
            return self._run(cases, version)

    def _run(self, cases: Cases, version: str) -> Ended:
        target, settings = self._target, self._settings
        identity = Identity(
            target.manifest.name,
            version,
            settings.seed,
            settings.mode if settings.campaign is None else f"{CAMPAIGN_MODE}{settings.campaign}",
            settings.ip,
            tuple(str(share) for share in cases.schedule.shares),
            digests(cases.schedule),
        )
        if settings.resume:
            store = Store.resume(settings.folder, identity)
        else:
            preflight(target, settings.ip, self._interrupts.guarded(_PREFLIGHT_S))
            store = Store.begin(settings.folder, identity)
        try:
            return self._with(store, cases, version)
        finally:
            store.close()

    def _with(self, store: Store, cases: Cases, version: str) -> Ended:
        settings, manifest = self._settings, self._target.manifest
        progress = store.stays.all()
        if settings.resume:
            self._tell(Reading(sum(each.cases for each in progress)))
        earlier = _earlier(store, cases.schedule, progress)
        store.earlier.clear()
        # Cases and expectations may be others than they were.
        (store.folder / SUITE_FILE).unlink(missing_ok=True)
        left = (stay for stay, each in enumerate(progress) if each.cases < STAY)
        numbers = take_in(cases.guide, store.folder / CORPUS_FILE, next(left, len(progress)))
        sources = tuple((source.name, source.total) for source in cases.schedule.sources)
        # What a long campaign has found takes a minute to read, which is not of --seconds.
        self._began = time.monotonic()
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
        orders = Orders(cases.schedule, progress, settings.cases)

        def bench(target: Target) -> Bench:
            return self._bench(target, store, cases, version, earlier)

        if settings.jobs > 1:
            self._crew(store, bench, orders, numbers)
        else:
            self._alone(bench(self._target), orders)
        store.sync()
        ended = Ended(time.monotonic() - self._began, self._interrupts.caught)
        store.add("sessions", {"seconds": round(ended.seconds, 3), "ended": ended.interrupted})
        self._tell(ended)
        return ended

    def _alone(self, bench: Bench, orders: Orders) -> None:
        """Every order in this process."""
        try:
            with on_one_processor(), self._interrupts.guarded(STAY_S):
                worker = Worker(bench, self._tell, self._stopping)
                while not self._stopping() and (order := orders.next()) is not None:
                    if worker.work(order):
                        orders.ended(order.stay)
        except CutShort:
            pass

    def _crew(
        self,
        store: Store,
        bench: Callable[[Target], Bench],
        orders: Orders,
        earlier: frozenset[int],
    ) -> None:
        """The orders in several processes, each with a target of its own."""
        ours, manifest = self._target, self._target.manifest
        in_python = manifest.kind == "in-process"
        if not in_python:
            # Nothing of such a target outlives a fork: threads do not.
            ours.close()
        other = self._settings.differential
        if other is not None and other.manifest.kind != "in-process":
            other.close()

        def make(tell: Callable[[Happening], None], stopping: Callable[[], bool]) -> Worker:
            target = ours if in_python else open_manifest(manifest)
            return Worker(bench(target), tell, stopping)

        seconds = self._settings.seconds
        deadline = math.inf if seconds is None else self._began + seconds
        jobs = self._settings.jobs
        crew = Crew(make, jobs, store, orders, self._tell, self._interrupts, deadline, earlier)
        crew.run()

    def _bench(
        self, target: Target, store: Store, cases: Cases, version: str, earlier: Earlier
    ) -> Bench:
        judge, seed = Judge(target.manifest, version), self._settings.seed
        known = [found.finding for found in earlier.findings]
        keeper = Keeper(target, judge, store, seed, known, self._settings.ip)
        seen = earlier.seen.copy()
        other = self._differential(target, judge)
        stays = Stay if cases.front is None else cases.front.stay
        return Bench(
            target, judge, cases.schedule, store, keeper, cases.guide, seen, seed, stays, other
        )

    def _differential(self, target: Target, judge: Judge) -> Differential | None:
        """Another target beside this one, where one is wanted; each worker has its own."""
        other = self._settings.differential
        if other is None:
            return None
        if self._settings.jobs > 1 and other.manifest.kind != "in-process":
            other = open_manifest(other.manifest)
        others = Judge(other.manifest, other.version())
        name = target.manifest.name
        return Differential(name, judge, other, others, self._settings.seed)

    def _stopping(self) -> bool:
        seconds = self._settings.seconds
        if seconds is not None and time.monotonic() - self._began >= seconds:
            return True
        return self._interrupts.signalled()


def cases_of(target: Target, settings: Settings) -> Cases:
    """The cases of a campaign from its beginning; nothing has been learned yet.

    Raises ConfigurationError where they are boofuzz's and it is not installed, or of IPv6.
    """
    mode, seed, manifest, ip = settings.mode, settings.seed, target.manifest, settings.ip
    guide = guided(seed, manifest, ip)
    if mode == "boofuzz":
        front = _front(target, ip)
        return Cases(Schedule([Share(front.source, 1)]), guide, front)
    if settings.campaign is not None:
        return Cases(Schedule([share_of_file(settings.campaign, seed, manifest, ip)]), guide)
    return Cases(Schedule(shares_of(mode, seed, manifest, guide, ip)), guide)


def _front(target: Target, ip: IpVersion) -> Front:
    require_boofuzz()
    if ip != 4:
        raise ConfigurationError("--engine boofuzz makes cases of IPv4; leave out --ip 6")
    from tcpassay.fuzz.boofuzz_front.front import Front

    return Front(2, target.manifest.capabilities)


def _pages(front: Front | None, port: int | None) -> AbstractContextManager[object]:
    """The web interface, where it is wanted."""
    if front is None or port is None:
        return nullcontext()
    from tcpassay.fuzz.boofuzz_front.web import WebInterface

    return WebInterface(front.session, port)


def _earlier(store: Store, schedule: Schedule, progress: Sequence[Progress]) -> Earlier:
    findings, again = read_findings(store.earlier["findings"], store.folder / "findings.jsonl")
    seen, last = read_coverage(store.earlier["coverage"], store.folder / "coverage.jsonl")
    counts = [schedule.counts(stay, each.cases) for stay, each in enumerate(progress)]
    return Earlier(
        sum(each.cases for each in progress),
        sum(each.accepted for each in progress),
        sum(each.alarmed for each in progress),
        sum(_seconds(line) for line in store.earlier["sessions"]),
        tuple(sum(column) for column in zip(*counts, strict=True)) or (0,) * len(schedule.sources),
        seen,
        last,
        tuple(findings),
        tuple(again),
    )


def _seconds(session: Json) -> float:
    seconds = mapping(session)["seconds"]
    return float(seconds) if isinstance(seconds, int | float) else 0.0
