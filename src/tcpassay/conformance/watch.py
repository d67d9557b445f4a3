"""The oracle beside the cases: every trace is judged by the model too (CONTRACTS.md section 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tcpassay.conformance.expectations import as_expected
from tcpassay.conformance.result import ORACLE, Alarm, CaseEnded, CaseResult, Location
from tcpassay.core.clock import NS_PER_MS, NS_PER_S
from tcpassay.core.trace import FieldDiff
from tcpassay.core.verdict import Verdict, verdict_when_not_met
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.limits import DECLARED, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.execute import Context
    from tcpassay.core.trace import Trace
    from tcpassay.model.oracle import Violation
    from tcpassay.targets.contract import IpVersion

#: Where a reader finds how the oracle judges.
PLACE = Location("src/tcpassay/model/oracle/oracle.py", 1)

#: Cases that an entry's message tells of; the others are counted.
TOLD = 5

#: Real time: a reader wakes every 20 ms, and being late by less is not noticed; and as much again
#: for the target's timers, which share the processor with it.
UNNOTICED_NS = 50 * NS_PER_MS


class Watch:
    """What the oracle makes of all the traces of one target."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._judged: set[str] = set()
        self._violated: dict[str, list[tuple[CaseResult, Alarm]]] = {}
        self._limits = context.target.manifest.limits
        capabilities = context.target.manifest.capabilities
        self._declared = {name: name in capabilities for name in DECLARED}
        self._real = context.target.manifest.clock == "real"

    def ended(self, result: CaseResult, trace: Trace | None) -> CaseEnded:
        """Judge one case's trace; about 20 us a trace entry.

        A row of the matrix is judged by the same rules already, and is left to that: the oracle
        would add half as much again to its time. A fault of the oracle's own makes the case an
        error.
        """
        if trace is None or result.id.startswith("matrix/"):
            return CaseEnded(result, trace)
        slack = self._slack_ns(result)
        limits = Limits(self._limits.msl_s, slack, trace.settings, **self._declared)
        try:
            report = judge_trace(trace, limits)
        except Exception as error:
            fault = f"the oracle cannot judge this trace: {type(error).__name__}: {error}"
            return CaseEnded(
                replace(result, verdict=Verdict.ERROR, as_expected=False, message=fault), trace
            )
        alarms = tuple(self._alarm(violation, result.ip) for violation in report.violations)
        return CaseEnded(result, trace, alarms, frozenset(report.judged))

    def take(self, event: CaseEnded) -> None:
        """Count what was judged in a trace towards the entries."""
        self._judged.update(event.judged)
        for alarm in event.alarms:
            self._violated.setdefault(alarm.requirement, []).append((event.result, alarm))

    def results(self, *, whole: bool) -> Iterator[CaseResult]:
        """One entry a requirement that was judged, in the catalogue's order.

        Where not the `whole` of a default run was judged, a deviation that is expected may well be
        missing: there a pass is as expected as what the expectations name.
        """
        for requirement in self._context.catalogue:
            if requirement.id in self._judged or requirement.id in self._violated:
                yield self._entry(requirement.id, whole=whole)

    def _slack_ns(self, result: CaseResult) -> int:
        """How late anything may be: on a real clock what the case's reader has lagged, twice over.

        Once for each end of an interval. A virtual clock stands still while a reader is late.
        """
        if not self._real:
            return 0
        lag_ns = int(result.lag_s * NS_PER_S)
        return UNNOTICED_NS + int(self._limits.jitter_ms * NS_PER_MS) + 2 * lag_ns

    def _alarm(self, violation: Violation, ip: IpVersion) -> Alarm:
        """Told as a way past the rules that is expected, where several fit and one is."""
        told = violation.as_known(lambda each: self._is_expected(each, ip)) or violation
        return Alarm(
            told.event,
            told.requirement,
            told.why,
            told.allowed,
            told.ruled_out,
            told.level,
            as_expected=self._is_expected(told, ip),
        )

    def _is_expected(self, violation: Violation, ip: IpVersion) -> bool:
        context = self._context
        entry = f"{ORACLE}{violation.requirement}"
        expectation = context.expectations.expected(entry, ip, context.version)
        return as_expected(verdict_when_not_met(violation.level), expectation)

    def _entry(self, name: str, *, whole: bool) -> CaseResult:
        requirement = self._context.catalogue.get(name)
        seen = sorted(
            self._violated.get(name, []), key=lambda one: (one[0].id, one[0].ip, one[1].event)
        )
        verdict = verdict_when_not_met(requirement.level) if seen else Verdict.PASS
        ip: IpVersion = seen[0][0].ip if seen else 4
        expectation = self._context.expectations.expected(
            f"{ORACLE}{name}", ip, self._context.version
        )
        met = as_expected(verdict, expectation) or not (seen or whole)
        return CaseResult(
            id=f"{ORACLE}{name}",
            target=self._context.target.manifest.name,
            ip=ip,
            title=requirement.text,
            location=PLACE,
            requirements=(name,),
            verdict=verdict,
            as_expected=met and all(alarm.as_expected for _, alarm in seen),
            expected=expectation.verdict if expectation else None,
            reason=expectation.reason if expectation else "",
            nature=expectation.nature if expectation else "",
            judged={name: verdict},
            message=_message(seen),
            diff=tuple(_diff(alarm) for _, alarm in seen[:1]),
        )


def _message(seen: list[tuple[CaseResult, Alarm]]) -> str:
    """The first violation of each case, at most so many cases; and how binding it is."""
    if not seen:
        return ""
    cases: dict[str, str] = {}
    for result, alarm in seen:
        version = " (IPv6)" if result.ip == 6 else ""
        told = f"{result.id}{version}: event {alarm.event}: {alarm.why}"
        cases.setdefault(f"{result.id}{version}", told)
    more = len(cases) - TOLD
    rest = f"; and in {more} more" if more > 0 else ""
    return f"{seen[0][1].level}: {'; '.join(list(cases.values())[:TOLD])}{rest}"


def _diff(alarm: Alarm) -> FieldDiff:
    return FieldDiff(f"event {alarm.event}", alarm.why, alarm.allowed or "nothing of the kind")
