"""The kill table: which case catches which planted fault, by which requirement.

A case kills a mutant when

1. it passes on the reference stack without the fault (verdict pass; info where it measures): on
   the very target that the fault is planted in, where that is a variant, and
2. on the mutant an assertion of it is not met that is bound to the very catalogue entry that the
   mutant names.

An assertion bound to any other entry does not count, were it the same rule in another state or
the clause above: such a case is told as a near miss. Nor does it count that the stack raises,
hangs or writes nonsense, for that needs no assertion to be seen.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.interrupts import CutShort, Interrupts
from tcpassay.conformance.plan import PlannedRun
from tcpassay.conformance.select import why_unsupported
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.trace import Judgement
from tcpassay.core.verdict import Verdict, verdict_when_not_met
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.orphans import die_with
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.result import CaseResult
    from tcpassay.core.trace import Trace
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.contract import IpVersion, Target
    from tcpassay.targets.manifest import Manifest
    from tcpassay.targets.mutants import Mutant

#: Seconds of real time that one case may take on one mutant.
MAX_TIME_S = 20.0

_SOUND = frozenset({Verdict.PASS, Verdict.INFO})
_KILLS = frozenset({Verdict.FAIL, Verdict.DEVIATION})


class NearMiss(NamedTuple):
    """A case that did not pass on a mutant and yet does not kill it."""

    case: str
    why: str


@dataclass(frozen=True, slots=True)
class Kill:
    """What became of one mutant.

    `case` is the first that killed it (None: it survived), `message` what that case said;
    `near_misses` are those before it that failed for another reason; `ran` counts the cases it
    took.
    """

    mutant: str
    requirement: str
    suffers: str
    case: str | None
    message: str
    near_misses: tuple[NearMiss, ...]
    ran: int


def kill_table(
    cases: Sequence[Case],
    catalogue: Catalogue,
    *,
    seed: int = 0,
    jobs: int = 1,
    mutants: Sequence[Mutant] | None = None,
) -> Iterator[Kill]:
    """Try every mutant, `jobs` at a time; each stops at the first case that kills it.

    Results come in the order of `mutants` (default: the project's own). Raises ConfigurationError
    before anything runs for a mutant whose requirement is unknown, or of a level that nothing can
    fail by.
    """
    chosen = load_mutants() if mutants is None else tuple(mutants)
    for mutant in chosen:
        _requirement_of(mutant, catalogue)
    bases = {mutant.base: open_target(mutant.base) for mutant in chosen}
    trials = _Trials(tuple(cases), catalogue, seed, chosen, bases)
    jobs = min(jobs, len(chosen))
    if jobs <= 1:
        return (trials.attempt(index) for index in range(len(chosen)))
    return _in_parallel(trials, jobs)


def by_relevance(cases: Sequence[Case], requirement: str) -> list[Case]:
    """Cases that cite a requirement first, those that judge it by default before all."""

    def rank(case: Case) -> int:
        cited = case.mark.requirements
        return 0 if cited[0] == requirement else 1 if requirement in cited else 2

    return sorted(cases, key=rank)


def ip_of(case: Case) -> IpVersion:
    """The IP version that a case is tried over: 4 where it may be, else 6."""
    return 4 if 4 in case.mark.ip else 6


def _requirement_of(mutant: Mutant, catalogue: Catalogue) -> str:
    """The full id of what a mutant breaks."""
    try:
        requirement = catalogue.get(mutant.requirement)
    except ConfigurationError as error:
        raise ConfigurationError(f"{mutant.path}: {error}") from None
    if verdict_when_not_met(requirement.level) not in _KILLS:
        msg = (
            f"{mutant.path}: REQUIREMENT {requirement.id} is of level {requirement.level}: "
            "no case can fail by it; name one of MUST, SHOULD, RULE or the like"
        )
        raise ConfigurationError(msg)
    return requirement.id


@dataclass(frozen=True, slots=True)
class _Trials:
    """Mutants and the cases to try on them.

    `bases` are the targets that faults are planted in, by name; `passing` remembers their verdicts
    without a fault, by target and case.
    """

    cases: tuple[Case, ...]
    catalogue: Catalogue
    seed: int
    mutants: tuple[Mutant, ...]
    bases: Mapping[str, Target]
    passing: dict[tuple[str, str], bool] = field(default_factory=dict)

    def attempt(self, index: int) -> Kill:
        """Try one mutant on the cases until one kills it."""
        mutant = self.mutants[index]
        base = self.bases[mutant.base]
        requirement = _requirement_of(mutant, self.catalogue)
        near: list[NearMiss] = []
        ran = 0
        killer, message = None, ""
        for case in by_relevance(self.cases, requirement):
            if not self._runs(case, base.manifest) or not self._passes(case, mutant.base):
                continue
            ran += 1
            with closing(mutant.target(base.manifest)) as target:
                result, trace = self._run(target, case)
            if requirement in _unmet(trace):
                killer, message = case.id, result.message
                break
            if result.verdict not in _SOUND:
                near.append(NearMiss(case.id, _why(result, trace)))
        return Kill(mutant.name, requirement, mutant.suffers, killer, message, tuple(near), ran)

    def _runs(self, case: Case, manifest: Manifest) -> bool:
        return not why_unsupported(case, manifest, self.catalogue)

    def _passes(self, case: Case, base: str) -> bool:
        if (base, case.id) not in self.passing:
            result, _ = self._run(self.bases[base], case)
            self.passing[base, case.id] = result.verdict in _SOUND
        return self.passing[base, case.id]

    def _run(self, target: Target, case: Case) -> tuple[CaseResult, Trace]:
        context = Context(
            target, target.version(), self.catalogue, Expectations(), self.seed, MAX_TIME_S
        )
        with Interrupts() as interrupts:
            try:
                guard = interrupts.guarded(MAX_TIME_S)
                return run_case(context, PlannedRun(case, ip_of(case)), guard=guard)
            except CutShort:
                raise KeyboardInterrupt from None


def _unmet(trace: Trace) -> list[str]:
    """The requirements that assertions were bound to and that were not met."""
    judgements = [entry.data for entry in trace if isinstance(entry.data, Judgement)]
    return [each.requirement for each in judgements if each.requirement and not each.met]


def _why(result: CaseResult, trace: Trace) -> str:
    unmet = _unmet(trace)
    return f"unmet: {', '.join(unmet)}" if unmet else f"{result.verdict}: {result.message}"


def _in_parallel(trials: _Trials, jobs: int) -> Iterator[Kill]:
    # Forked workers share the loaded cases and mutants, which cannot be pickled.
    pool = ProcessPoolExecutor(
        jobs,
        mp_context=get_context("fork"),
        initializer=_adopt,
        initargs=(trials, os.getpid()),
    )
    with pool:
        yield from pool.map(_attempt, range(len(trials.mutants)))


_adopted: list[_Trials] = []


def _adopt(trials: _Trials, parent: int) -> None:
    """Make a worker ready. It leaves Ctrl-C and SIGTERM to its parent, and ends with it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    die_with(parent)
    _adopted.append(trials)


def _attempt(index: int) -> Kill:
    return _adopted[-1].attempt(index)
