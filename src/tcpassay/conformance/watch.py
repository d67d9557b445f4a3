"""The oracle beside the cases: every trace is judged by the model too (CONTRACTS.md section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.expectations import as_expected
from tcpassay.conformance.result import CaseResult, Location
from tcpassay.core.trace import FieldDiff
from tcpassay.core.verdict import Verdict, verdict_when_not_met
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.execute import Context
    from tcpassay.core.trace import Trace
    from tcpassay.model.oracle import Violation

#: Where a reader finds how the oracle judges.
PLACE = Location("src/tcpassay/model/oracle/oracle.py", 1)

#: Violations that an entry's message tells of; the others are counted.
TOLD = 5


class Seen(NamedTuple):
    """A violation, and the case and IP version in whose trace it is."""

    case: str
    ip: int
    violation: Violation


class Watch:
    """What the oracle makes of all the traces of one target."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._judged: dict[str, int] = {}
        self._violated: dict[str, list[Seen]] = {}
        self._msl_s = context.target.manifest.limits.msl_s

    def take(self, result: CaseResult, trace: Trace) -> int:
        """Judge one case's trace; how many violations are in it. About 20 us a trace entry.

        A row of the matrix is judged by the same rules already, and is left to it.
        """
        if result.id.startswith("matrix/"):
            return 0
        report = judge_trace(trace, Limits(self._msl_s, 0, trace.settings))
        for clause, times in report.judged.items():
            self._judged[clause] = self._judged.get(clause, 0) + times
        for violation in report.violations:
            seen = Seen(result.id, result.ip, violation)
            self._violated.setdefault(violation.requirement, []).append(seen)
        return len(report.violations)

    def results(self) -> Iterator[CaseResult]:
        """One entry a requirement that was judged, in the catalogue's order."""
        for requirement in self._context.catalogue:
            if requirement.id in self._judged or requirement.id in self._violated:
                yield self._result(requirement.id)

    def _result(self, name: str) -> CaseResult:
        requirement = self._context.catalogue.get(name)
        seen = self._violated.get(name, [])
        verdict = verdict_when_not_met(requirement.level) if seen else Verdict.PASS
        ip = seen[0].ip if seen else 4
        expectation = self._context.expectations.expected(
            f"oracle/{name}", ip, self._context.version
        )
        return CaseResult(
            id=f"oracle/{name}",
            target=self._context.target.manifest.name,
            ip=6 if ip == 6 else 4,
            title=requirement.text,
            location=PLACE,
            requirements=(name,),
            verdict=verdict,
            as_expected=as_expected(verdict, expectation),
            expected=expectation.verdict if expectation else None,
            reason=expectation.reason if expectation else "",
            judged={name: verdict},
            message=_message(seen),
            diff=tuple(_diff(one.violation) for one in seen[:1]),
        )


def _message(seen: list[Seen]) -> str:
    if not seen:
        return ""
    told = "; ".join(
        f"{one.case}: event {one.violation.event}: {one.violation.why}" for one in seen[:TOLD]
    )
    more = len(seen) - TOLD
    return f"{told}; and {more} more" if more > 0 else told


def _diff(violation: Violation) -> FieldDiff:
    return FieldDiff("oracle", violation.why, violation.allowed or "nothing of the kind")
