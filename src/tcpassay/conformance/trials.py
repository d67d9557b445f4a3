"""Cases tried on mutants: which can be, which pass without a fault, what each gives with it."""

from __future__ import annotations

import gc
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from tcpassay.conformance.bench import FORMS, WELL_FORMED
from tcpassay.conformance.collecting import COLLECT_AFTER
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
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.contract import IpVersion, Target
    from tcpassay.targets.mutants import Mutant

#: Seconds of real time that one case may take on one mutant.
MAX_TIME_S = 20.0

_SOUND = frozenset({Verdict.PASS, Verdict.INFO})
_FAILS = frozenset({Verdict.FAIL, Verdict.DEVIATION})

R = TypeVar("R")


class Outcome(NamedTuple):
    """What a case gave on a target: verdict, message, and the requirements found unmet."""

    verdict: Verdict
    message: str
    unmet: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Nothing is held against the stack."""
        return self.verdict in _SOUND

    @property
    def fails(self) -> bool:
        """An assertion was not met by which a case can fail: no crash, no hang, no set-up."""
        return self.verdict in _FAILS and bool(self.unmet)


@dataclass(frozen=True, slots=True)
class Trials:
    """Mutants and the cases to try on them.

    `bases` are the targets that faults are planted in, by name; `passing` remembers by target and
    case which pass without a fault.
    """

    cases: tuple[Case, ...]
    catalogue: Catalogue
    seed: int
    mutants: tuple[Mutant, ...]
    bases: Mapping[str, Target]
    passing: dict[tuple[str, str], bool] = field(default_factory=dict)

    def can_be_tried(self, case: Case, base: str) -> bool:
        """Whether the base supports the case, and the case passes there."""
        target = self.bases[base]
        if why_unsupported(case, target.manifest, self.catalogue):
            return False
        if (base, case.id) not in self.passing:
            self.passing[base, case.id] = self.run(target, case).sound
        return self.passing[base, case.id]

    def run_on(self, mutant: Mutant, case: Case) -> Outcome:
        """Plant the fault, run the case, take the fault out."""
        with closing(mutant.target(self.bases[mutant.base].manifest)) as target:
            return self.run(target, case)

    def run(self, target: Target, case: Case) -> Outcome:
        """What the case gives; KeyboardInterrupt where the user ends it."""
        context = Context(
            target, target.version(), self.catalogue, Expectations(), self.seed, MAX_TIME_S
        )
        with Interrupts() as interrupts:
            try:
                guard = interrupts.guarded(MAX_TIME_S)
                result, trace = run_case(context, PlannedRun(case, ip_of(case)), guard=guard)
            except CutShort:
                raise KeyboardInterrupt from None
        judgements = [entry.data for entry in trace if isinstance(entry.data, Judgement)]
        unmet = tuple(each.requirement for each in judgements if _counts(each, case))
        return Outcome(result.verdict, result.message, unmet)


def _counts(judgement: Judgement, case: Case) -> bool:
    """Whether it is not met by an assertion of the case.

    That every datagram has to be well-formed is the bench's own: it tells something of the cases
    that are about the form.
    """
    if judgement.met or not judgement.requirement:
        return False
    about_form = judgement.requirement in FORMS.values()
    cited = judgement.requirement in case.mark.requirements
    return judgement.what != WELL_FORMED or (about_form and cited)


def trials_of(
    cases: Sequence[Case],
    catalogue: Catalogue,
    *,
    seed: int = 0,
    mutants: Sequence[Mutant] | None = None,
) -> Trials:
    """`mutants` (default: the project's own) and `cases`, ready to be tried.

    Raises ConfigurationError for a mutant whose requirement is unknown, or of a level that nothing
    can fail by.
    """
    chosen = load_mutants() if mutants is None else tuple(mutants)
    for mutant in chosen:
        requirement_of(mutant, catalogue)
    bases = {mutant.base: open_target(mutant.base) for mutant in chosen}
    return Trials(tuple(cases), catalogue, seed, chosen, bases)


def ip_of(case: Case) -> IpVersion:
    """The IP version that a case is tried over: 4 where it may be, else 6."""
    return 4 if 4 in case.mark.ip else 6


def requirement_of(mutant: Mutant, catalogue: Catalogue) -> str:
    """The full id of what a mutant breaks; ConfigurationError where nothing can fail by it."""
    try:
        requirement = catalogue.get(mutant.requirement)
    except ConfigurationError as error:
        raise ConfigurationError(f"{mutant.path}: {error}") from None
    if verdict_when_not_met(requirement.level) not in _FAILS:
        msg = (
            f"{mutant.path}: REQUIREMENT {requirement.id} is of level {requirement.level}: "
            "no case can fail by it; name one of MUST, SHOULD, RULE or the like"
        )
        raise ConfigurationError(msg)
    return requirement.id


def each_mutant(trials: Trials, attempt: Callable[[int], R], jobs: int) -> Iterator[R]:
    """`attempt` of every mutant's number, `jobs` at a time, in their order."""
    jobs = min(jobs, len(trials.mutants))
    if jobs <= 1:
        return map(attempt, range(len(trials.mutants)))
    return _in_parallel(attempt, len(trials.mutants), jobs)


def _in_parallel(attempt: Callable[[int], R], count: int, jobs: int) -> Iterator[R]:
    # Forked workers share the loaded cases and mutants, which cannot be pickled.
    pool = ProcessPoolExecutor(
        jobs,
        mp_context=get_context("fork"),
        initializer=_adopt,
        initargs=(attempt, os.getpid()),
    )
    with pool:
        for result in pool.map(_attempt, range(count)):
            yield cast("R", result)


_adopted: list[Callable[[int], object]] = []


def _adopt(attempt: Callable[[int], object], parent: int) -> None:
    """Make a worker ready. It leaves Ctrl-C and SIGTERM to its parent, and ends with it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    die_with(parent)
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    _adopted.append(attempt)


def _attempt(index: int) -> object:
    return _adopted[-1](index)
