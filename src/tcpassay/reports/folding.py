"""Cases that belong together: what shares a root, what is known and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.served import what_it_takes
from tcpassay.core.verdict import Verdict
from tcpassay.reports.outcomes import RANK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.conformance.result import CaseResult
    from tcpassay.reports.record import CaseRecord


def root(result: CaseResult) -> str:
    """The requirement that made the verdict, else the first; nothing where it has none."""
    made = (name for name, verdict in result.judged.items() if verdict is result.verdict)
    return next(made, next(iter(result.requirements), ""))


def worst_first(cases: Iterable[CaseRecord]) -> list[CaseRecord]:
    """Errors, then what weighs most; cases of one verdict in the order in which they came."""
    return sorted(cases, key=lambda case: -RANK[case.result.verdict])


def known(cases: Iterable[CaseRecord]) -> dict[tuple[Verdict, str], list[CaseRecord]]:
    """What is as expected, but no pass, by verdict and reason."""
    folded: dict[tuple[Verdict, str], list[CaseRecord]] = {}
    for case in cases:
        result = case.result
        if result.as_expected and result.verdict not in {Verdict.PASS, Verdict.INFO}:
            reason = result.explanation or _why(result) or "no reason given"
            folded.setdefault((result.verdict, reason), []).append(case)
    return folded


def _why(result: CaseResult) -> str:
    """Why a case was not judged; on a port without an agent by what that would have taken."""
    what = what_it_takes(result.message) if result.verdict is Verdict.UNSUPPORTED else None
    return result.message if what is None else f"needs {what}"
