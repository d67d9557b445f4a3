"""From what a case recorded, and how it ended, to its verdict."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpassay.conformance.outcome import ExpectationFailed, Inconclusive, Unsupported
from tcpassay.core.content import content_root
from tcpassay.core.errors import StackFault, TcpassayError
from tcpassay.core.trace import Judgement
from tcpassay.core.verdict import Verdict, verdict_when_not_met

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.conformance.case import Case
    from tcpassay.core.trace import FieldDiff, Trace
    from tcpassay.core.verdict import Level
    from tcpassay.model.catalogue import Catalogue

#: From harmless to worst, among the verdicts that a requirement can get.
_RANK = {Verdict.PASS: 0, Verdict.INFO: 1, Verdict.DEVIATION: 2, Verdict.FAIL: 3}


#: An answer that no rule allows, and one that only another document allows.
_BY_LABEL = {"answer": Verdict.FAIL, "variant": Verdict.DEVIATION}


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict and what it rests on. `stderr` keeps the stack's last words, or a traceback."""

    verdict: Verdict
    judged: dict[str, Verdict] = field(default_factory=dict)
    message: str = ""
    diff: tuple[FieldDiff, ...] = ()
    stderr: str = ""


def judge(trace: Trace, ending: BaseException | None, case: Case, catalogue: Catalogue) -> Judged:
    """The verdict of a case that left `trace` and ended with `ending` (None: it returned).

    What was not met counts even where the case later got stuck: an unmet requirement outweighs
    an inconclusive end. Faults of the tester's own outweigh everything.
    """
    judgements = [entry.data for entry in trace if isinstance(entry.data, Judgement)]
    worst = _per_requirement(judgements, catalogue)
    match ending:
        case None:
            return _returned(trace, case, worst, judgements)
        case ExpectationFailed():
            return _unmet(case, catalogue, worst, ending)
        case StackFault():
            first = case.mark.requirements[0]
            worst[first] = Verdict.FAIL
            return Judged(Verdict.FAIL, worst, str(ending), stderr=ending.stderr)
        case Unsupported():
            return Judged(Verdict.UNSUPPORTED, message=str(ending))
        case Inconclusive():
            return _stuck(worst, judgements, str(ending))
        case TcpassayError():
            return Judged(Verdict.ERROR, worst, _one_line(ending))
        case _:
            told = "".join(traceback.format_exception(ending))
            return Judged(Verdict.ERROR, worst, _with_place(ending, case), stderr=told)


def _per_requirement(judgements: Iterable[Judgement], catalogue: Catalogue) -> dict[str, Verdict]:
    """The worst verdict for each requirement; set-up is bound to none and judges nothing."""
    worst: dict[str, Verdict] = {}
    for judgement in judgements:
        if not judgement.requirement:
            continue
        requirement = catalogue.get(judgement.requirement)
        verdict = Verdict.PASS if judgement.met else _when_not_met(judgement, requirement.level)
        worst[requirement.id] = _worse(worst.get(requirement.id, Verdict.PASS), verdict)
    return worst


def _when_not_met(judgement: Judgement, level: Level) -> Verdict:
    """A matrix row's label decides in place of the level (CONTRACTS.md section 4)."""
    return _BY_LABEL.get(judgement.what) or verdict_when_not_met(level)


def _returned(
    trace: Trace, case: Case, worst: dict[str, Verdict], judgements: list[Judgement]
) -> Judged:
    measured = any(entry.kind == "measure" for entry in trace)
    if case.mark.measures and not measured:
        return Judged(Verdict.ERROR, worst, "the case measures, and measured nothing")
    if not worst and not measured:
        return Judged(
            Verdict.ERROR,
            message="the case judged nothing: no expectation bound to a requirement was reached",
        )
    verdict = _worst_of(worst)
    if verdict is Verdict.PASS and measured and case.mark.measures:
        verdict = Verdict.INFO
    message, diff = _first_unmet(judgements)
    return Judged(verdict, worst, message, diff)


def _unmet(
    case: Case, catalogue: Catalogue, worst: dict[str, Verdict], failure: ExpectationFailed
) -> Judged:
    requirement = catalogue.get(failure.requirement or case.mark.requirements[0])
    if requirement.id not in worst:
        worst[requirement.id] = verdict_when_not_met(requirement.level)
    return Judged(_worst_of(worst), worst, str(failure), failure.diff)


def _stuck(worst: dict[str, Verdict], judgements: list[Judgement], message: str) -> Judged:
    verdict = _worst_of(worst)
    if verdict not in (Verdict.FAIL, Verdict.DEVIATION):
        return Judged(Verdict.INCONCLUSIVE, worst, message)
    unmet, diff = _first_unmet(judgements)
    return Judged(verdict, worst, f"{unmet}; then {message}" if unmet else message, diff)


def _first_unmet(judgements: Iterable[Judgement]) -> tuple[str, tuple[FieldDiff, ...]]:
    for judgement in judgements:
        if judgement.requirement and not judgement.met:
            return judgement.message, judgement.diff
    return "", ()


def _worst_of(worst: dict[str, Verdict]) -> Verdict:
    return max(worst.values(), key=_RANK.__getitem__, default=Verdict.PASS)


def _worse(one: Verdict, other: Verdict) -> Verdict:
    return max(one, other, key=_RANK.__getitem__)


def _with_place(error: BaseException, case: Case) -> str:
    """`file:line: Type: text`, the place being the case's own line where there is one."""
    frames = traceback.extract_tb(error.__traceback__)
    code = getattr(case.function, "__code__", None)
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    if not own and not frames:
        return _one_line(error)
    frame = own[-1] if own else frames[-1]
    shown = frame.filename.removeprefix(f"{content_root()}/")
    return f"{shown}:{frame.lineno}: {_one_line(error)}"


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, TcpassayError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
