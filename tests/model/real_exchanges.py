"""Exchanges with a target whose clock is real: many at once, as they mostly wait."""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from random import Random
from typing import TYPE_CHECKING

from tcpassay.conformance.expectations import EXCHANGES, load_expectations
from tcpassay.conformance.pool import TOLERANCE_NS, TRIES_ALONE, switching_often
from tcpassay.core.verdict import EXPECTED_BY_DEFAULT
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.limits import Limits
from tcpassay.targets.registry import open_target
from tests.model.judging import Judged
from tests.model.random_exchange import Happened, exchange_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from tcpassay.model.oracle import Violation
    from tcpassay.targets.contract import Target

#: Exchanges in flight. 8, 16 and 24 were tried: 50, 85 and 125 a second on one processor.
IN_FLIGHT = 24
#: How late anything may be that is due in time: far more than any reader lags.
SLACK_NS = 500_000_000
#: Whether a full queue answers with a cookie; the oracle has to know.
COOKIES = ("no_syn_cookies", "no_syn_cookies", "no_syn_cookies", "syn_cookies")
#: Settings that one exchange in so many has, each.
SETTINGS = ("no_timestamps", "no_sack", "no_window_scale", "rfc1337")
ONE_IN = 16


class RealExchanges:
    """Exchanges with one target, and what its expectations say of their alarms.

    An entry of theirs is named `exchanges/<requirement>/<why>`, in the words of the alarm.
    """

    def __init__(self, name: str) -> None:
        self.target: Target = open_target(name)
        self._expectations = load_expectations(self.target.manifest.path.parent)
        self._version = self.target.version()

    def close(self) -> None:
        """Free what the target holds."""
        self.target.close()

    def happen(self, seed: int) -> Happened:
        """One exchange."""
        rng = Random(f"exchange {seed}")
        known = self.target.manifest.settings
        drawn = [rng.choice(COOKIES), *(each for each in SETTINGS if not rng.randrange(ONE_IN))]
        settings = tuple(each for each in drawn if each in known)
        return exchange_with(self.target, rng, seed, patient=False, settings=settings)

    def judge(self, seed: int, happened: Happened) -> Judged:
        """What the oracle says of it: alarms, and those that were expected."""
        trace = happened.trace
        manifest = self.target.manifest
        report = judge_trace(
            trace, Limits(manifest.limits.msl_s, SLACK_NS, trace.settings, rack=True)
        )
        alarms, expected = [], Counter[str]()
        for violation in report.violations:
            explained = self.explained(violation, trace.ip)
            if explained:
                expected[explained] += 1
            else:
                alarms.append(violation)
        return Judged(seed, len(trace), report.peak, tuple(alarms), expected, manifest.name)

    def explained(self, violation: Violation, ip: int) -> str:
        """By which entry of the expectations; empty where by none."""
        told = violation.as_known(lambda each: bool(self._entry(each, ip)))
        return "" if told is None else self._entry(told, ip)

    def _entry(self, violation: Violation, ip: int) -> str:
        name = f"{EXCHANGES}/{violation.requirement}/{violation.why}"
        entry = self._expectations.expected(name, ip, self._version)
        known = entry is not None and entry.verdict not in EXPECTED_BY_DEFAULT
        return entry.case if entry is not None and known else ""

    def results(self, seeds: Iterable[int]) -> Iterator[Judged]:
        """Each exchange judged, in order; one in doubt, as its reader lagged, is tried again.

        That is done with nothing beside it, when all others are over; only the last try counts.
        """
        doubtful = []
        for seed, happened in self._overlapped(seeds):
            judged = self.judge(seed, happened)
            if judged.broken and happened.lag_ns > TOLERANCE_NS:
                doubtful.append(seed)
            else:
                yield judged
        for seed in doubtful:
            yield self._alone(seed)

    def _overlapped(self, seeds: Iterable[int]) -> Iterator[tuple[int, Happened]]:
        with switching_often(), ThreadPoolExecutor(IN_FLIGHT) as threads:
            running: deque[tuple[int, Future[Happened]]] = deque()
            for seed in seeds:
                running.append((seed, threads.submit(self.happen, seed)))
                if len(running) > 2 * IN_FLIGHT:
                    first, coming = running.popleft()
                    yield first, coming.result()
            for first, coming in running:
                yield first, coming.result()

    def _alone(self, seed: int) -> Judged:
        for _ in range(TRIES_ALONE):
            happened = self.happen(seed)
            judged = self.judge(seed, happened)
            if not judged.broken or happened.lag_ns <= TOLERANCE_NS:
                break
        return judged


@contextmanager
def real_results(name: str, seeds: Iterable[int]) -> Iterator[Iterator[Judged]]:
    """The result of each seed's exchange with a target of that name, as it comes."""
    with closing(RealExchanges(name)) as exchanges:
        yield exchanges.results(seeds)
