"""The judge of a case: tier one says what is as expected, the oracle everything else."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.expectations import EXCHANGES, as_expected, load_expectations
from tcpassay.conformance.result import ORACLE
from tcpassay.core.clock import NS_PER_S
from tcpassay.core.verdict import EXPECTED_BY_DEFAULT, verdict_when_not_met
from tcpassay.fuzz.alarms import Alarm, Key
from tcpassay.fuzz.classes import STIMULI, answer_class, input_class
from tcpassay.fuzz.predictor import Predictor
from tcpassay.model.oracle.limits import DECLARED, Limits
from tcpassay.model.oracle.oracle import Oracle
from tcpassay.model.oracle.returns import SHUT_LATER
from tcpassay.wire import flow_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.trace import Entry, Trace
    from tcpassay.core.verdict import Level
    from tcpassay.model.oracle import Violation
    from tcpassay.model.tcb import Tcb
    from tcpassay.targets.contract import IpVersion
    from tcpassay.targets.manifest import Manifest

#: How late anything may be on a real clock: far more than a tester lags that plays one case.
SLACK_NS = NS_PER_S // 2

#: How an alarm begins that tells of a way past the rules which the oracle follows.
FOLLOWED = "not as this clause has it, but as "

#: One in so many of the cases that tier one accepts goes to the oracle as well.
SAMPLE = 64


class Stimulus(NamedTuple):
    """The last thing that was done before something happened, and where its connection stood."""

    at: int
    state: str
    tcb: Tcb | None


class Judged(NamedTuple):
    """What became of a case: `accepted` where tier one was enough; `triples` are its classes."""

    alarms: list[Alarm]
    accepted: bool
    triples: list[tuple[str, str, str]]


class Explained:
    """What a target's expectations say of alarms; `version` is what the stack says it is."""

    def __init__(self, manifest: Manifest, version: str) -> None:
        self._expectations = load_expectations(manifest.path.parent)
        self._version = version

    def by(self, requirement: str, why: str, level: Level, ip: IpVersion) -> str:
        """The glob of the entry that covers an alarm; empty where none does.

        An entry `exchanges/<requirement>/<why>` is held against the alarm's own words; one of the
        oracle against the requirement alone.
        """
        named = f"{EXCHANGES}/{requirement}/{why}"
        entry = self._expectations.expected(named, ip, self._version)
        if entry is not None and entry.verdict not in EXPECTED_BY_DEFAULT:
            return entry.case
        entry = self._expectations.expected(f"{ORACLE}{requirement}", ip, self._version)
        if entry is not None and as_expected(verdict_when_not_met(level), entry):
            return entry.case
        return ""

    def reading(self, violation: Violation, ip: IpVersion) -> tuple[Violation, str]:
        """The violation as an entry covers it, and the glob of that entry.

        Where several known ways past the rules fit, one that is expected is enough. Where none is,
        a way of more steps is, if each of them is expected: told as its first step.
        """

        def entry(each: Violation) -> str:
            return self.by(each.requirement, each.why, each.level, ip)

        told = violation.as_known(lambda each: bool(entry(each)))
        return (violation, "") if told is None else (told, entry(told))


class Judge:
    """Judges the cases of one target."""

    def __init__(self, manifest: Manifest, version: str) -> None:
        self._manifest = manifest
        self._explained = Explained(manifest, version)
        capabilities = manifest.capabilities
        #: How much heavier a stay may end than it began without being looked into again.
        self.unsuspicious = 0
        self._cases = 0
        self._predictors: dict[tuple[str, ...], Predictor] = {}
        self._declared = {name: name in capabilities for name in DECLARED}

    def limits(self, settings: tuple[str, ...]) -> Limits:
        """What the oracle has to know of the target."""
        slack = 0 if self._manifest.clock == "virtual" else SLACK_NS
        # A setting may be of another link.
        mtu = 0 if settings else self._manifest.limits.mtu
        return Limits(self._manifest.limits.msl_s, slack, settings, mtu=mtu, **self._declared)

    def case(self, trace: Trace, entries: Sequence[Entry]) -> Judged:
        """One case by its own entries.

        What tier one accepts the oracle has nothing against; a sample is put to it all the same.
        """
        followed = self._predictor(trace).follow(entries)
        self._cases += 1
        if followed.accepted and self._cases % SAMPLE:
            return Judged([], accepted=True, triples=followed.triples)
        return Judged(self.alarms(trace, entries), followed.accepted, followed.triples)

    def _predictor(self, trace: Trace) -> Predictor:
        like = (*trace.stack_addresses, *trace.settings)
        predictor = self._predictors.get(like)
        if predictor is None:
            predictor = Predictor(trace.stack_addresses, self.limits(trace.settings))
            self._predictors[like] = predictor
        return predictor

    def alarms(self, trace: Trace, entries: Sequence[Entry], *, whole: bool = False) -> list[Alarm]:
        """The oracle on the entries of one case, or with `whole` of a stay."""
        oracle = Oracle(trace.stack_addresses, self.limits(trace.settings))
        violations = oracle.report.violations
        stimulus, told = Stimulus(0, "CLOSED", None), 0
        found: list[tuple[Violation, Stimulus]] = []
        for at, entry in enumerate(entries):
            # What the new step itself brings to light has come of the one before.
            before, reached = stimulus, entry.kind in STIMULI
            if reached:
                stimulus = _stimulus(oracle, entry, at, before)
            oracle.take(entry)
            cause = before if reached else stimulus
            found += [(violation, cause) for violation in violations[told:]]
            told = len(violations)
        if entries:
            oracle.ends(entries[-1])
            found += [(violation, stimulus) for violation in violations[told:]]
        alarms = [self._alarm(violation, cause, entries, trace.ip) for violation, cause in found]
        return alarms if whole else with_what_follows(alarms)

    def explain(self, alarms: list[Alarm], ip: IpVersion) -> list[Alarm]:
        """Alarms of other judges, with the entry of the expectations that covers each."""
        return [
            alarm._replace(
                explained=self._explained.by(alarm.key.requirement, alarm.why, alarm.level, ip)
            )
            for alarm in alarms
        ]

    def _alarm(
        self,
        seen: Violation,
        cause: Stimulus,
        entries: Sequence[Entry],
        ip: int,
    ) -> Alarm:
        version: IpVersion = 6 if ip == 6 else 4
        violation, explained = self._explained.reading(seen, version)
        key = Key(
            violation.requirement,
            cause.state,
            input_class(entries[cause.at], cause.tcb),
            answer_class(entries, cause.at),
        )
        # Entries of others may stand between the case's own.
        event = bisect_left(entries, violation.event, key=lambda entry: entry.n)
        return Alarm(
            "oracle",
            key,
            violation.why,
            violation.allowed,
            event,
            violation.level,
            explained,
        )


def with_what_follows(alarms: list[Alarm]) -> list[Alarm]:
    """A departure that is explained explains what the oracle has against the rest of the case.

    It knows where the target stands behind a way past the rules that it follows; behind any other
    it goes on from what the target says, and may be wrong. Whether a RST of RFC 793 has ended
    anything shows later alone.
    """
    left, by = [], ""
    for alarm in alarms:
        left.append(alarm._replace(explained=by) if by and not alarm.explained else alarm)
        followed = alarm.why.startswith(FOLLOWED) and not alarm.why.endswith("RFC 793")
        followed = followed or alarm.why.endswith(SHUT_LATER)
        if not by and not followed:
            by = alarm.explained
    return left


def _stimulus(oracle: Oracle, entry: Entry, at: int, last: Stimulus) -> Stimulus:
    """A segment meets its own connection; a call or the time that of the last segment."""
    if entry.kind != "send" or not isinstance(entry.data, bytes):
        return Stimulus(at, last.state, last.tcb)
    flow = flow_of(entry.data)
    if flow is None:
        return Stimulus(at, last.state, last.tcb)
    src, sport, dst, dport = flow
    tcb = oracle.standing((dst, dport, src, sport))
    state = tcb.state if tcb is not None else "CLOSED"
    return Stimulus(at, state, tcb)
