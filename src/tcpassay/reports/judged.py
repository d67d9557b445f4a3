"""What the cases of runs have judged: coverage by what really ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.coverage import Bound
from tcpassay.core.verdict import Verdict, verdict_when_not_met

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.result import CaseResult
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.reports.record import RunRecord

#: Verdicts of cases that have judged nothing, or not all.
_NOT_JUDGED = {
    Verdict.UNSUPPORTED: "unsupported",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.ERROR: "error",
}


def bound_by_runs(
    runs: Iterable[RunRecord], catalogue: Catalogue, cases: Iterable[Case] = ()
) -> Bound:
    """The requirements that an assertion was bound to, on any target; why cases of others were not.

    A value that a case has measured counts for the choices that it cites (MAY, OBSERVE). The
    oracle's entries are left out. What `cases` cite tells why those that a run left out were.
    """
    cited = {case.id: case.mark.requirements for case in cases}
    covered: set[str] = set()
    lacking: dict[str, str] = {}
    for run in runs:
        for case in run.cases:
            result = case.result
            if result.of_oracle:
                continue
            covered.update(result.judged, _measured(result, catalogue))
            if result.verdict in _NOT_JUDGED:
                why = f"{result.id}: {_NOT_JUDGED[result.verdict]}: {result.message}"
                for name in result.requirements:
                    lacking.setdefault(name, why)
        for left in run.not_run:
            for name in cited.get(left.case, ()):
                lacking.setdefault(name, f"{left.case}: not run on {left.target}: {left.reason}")
    return Bound(frozenset(covered), lacking)


def _measured(result: CaseResult, catalogue: Catalogue) -> Iterator[str]:
    if not result.measured or result.verdict in _NOT_JUDGED:
        return
    for name in result.requirements:
        if verdict_when_not_met(catalogue.get(name).level) is Verdict.INFO:
            yield name
