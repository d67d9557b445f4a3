"""The kill table: which case catches which planted fault, by which requirement."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.plan import PlannedRun
from tcpassay.conformance.select import why_unsupported
from tcpassay.core.verdict import Verdict
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.mutants import Mutant

MAX_TIME_S = 20.0
REFERENCE = "reference"

_KILLS = frozenset({Verdict.FAIL, Verdict.DEVIATION})


@dataclass(frozen=True, slots=True)
class Kill:
    """What became of one mutant.

    `case` failed by the very requirement that the mutant breaks (None: it survived). `others` are
    cases that failed by another requirement before that. `ran` counts the cases it took.
    """

    mutant: str
    requirement: str
    suffers: str
    case: str | None
    others: tuple[str, ...]
    ran: int


def kill_table(
    cases: Sequence[Case],
    catalogue: Catalogue,
    *,
    seed: int = 0,
    jobs: int = 1,
    mutants: Sequence[Mutant] | None = None,
) -> Iterator[Kill]:
    """Try every mutant, `jobs` at a time; each stops at the first case that kills it rightly."""
    chosen = load_mutants() if mutants is None else tuple(mutants)
    work = _Work(tuple(cases), catalogue, seed, chosen)
    if jobs == 1:
        yield from (work.attempt(index) for index in range(len(chosen)))
        return
    # Forked workers share the loaded cases, which cannot be pickled.
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("fork"), initializer=_adopt, initargs=(work,)
    )
    with pool:
        yield from pool.map(_attempt, range(len(chosen)))


def ordered(cases: Sequence[Case], requirement: str) -> list[Case]:
    """Cases that cite a requirement first, those that judge it by default before all."""

    def rank(case: Case) -> int:
        cited = case.mark.requirements
        return 0 if cited[0] == requirement else 1 if requirement in cited else 2

    return sorted(cases, key=rank)


@dataclass(frozen=True, slots=True)
class _Work:
    cases: tuple[Case, ...]
    catalogue: Catalogue
    seed: int
    mutants: tuple[Mutant, ...]

    def attempt(self, index: int) -> Kill:
        mutant = self.mutants[index]
        requirement = self.catalogue.get(mutant.requirement).id
        reference = open_target(REFERENCE).manifest
        target = mutant.target(reference)
        context = Context(
            target, target.version(), self.catalogue, Expectations(), self.seed, MAX_TIME_S
        )
        others: list[str] = []
        ran = 0
        try:
            for case in ordered(self.cases, requirement):
                if 4 not in case.mark.ip or why_unsupported(case, reference, self.catalogue):
                    continue
                ran += 1
                result, _trace = run_case(context, PlannedRun(case, 4))
                if result.judged.get(requirement) in _KILLS:
                    return Kill(
                        mutant.name, requirement, mutant.suffers, case.id, tuple(others), ran
                    )
                if result.verdict not in (Verdict.PASS, Verdict.INFO):
                    others.append(case.id)
        finally:
            target.close()
        return Kill(mutant.name, requirement, mutant.suffers, None, tuple(others), ran)


_adopted: list[_Work] = []


def _adopt(work: _Work) -> None:
    _adopted.append(work)


def _attempt(index: int) -> Kill:
    return _adopted[-1].attempt(index)
