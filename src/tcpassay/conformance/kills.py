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

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.trials import each_mutant, requirement_of, trials_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.trials import Outcome, Trials
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.mutants import Mutant


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
    trials = trials_of(cases, catalogue, seed=seed, mutants=mutants)
    return each_mutant(trials, partial(_first_kill, trials), jobs)


def by_relevance(cases: Sequence[Case], requirement: str) -> list[Case]:
    """Cases that cite a requirement first, those that judge it by default before all."""

    def rank(case: Case) -> int:
        cited = case.mark.requirements
        return 0 if cited[0] == requirement else 1 if requirement in cited else 2

    return sorted(cases, key=rank)


def _first_kill(trials: Trials, index: int) -> Kill:
    """Try one mutant on the cases until one kills it."""
    mutant = trials.mutants[index]
    requirement = requirement_of(mutant, trials.catalogue)
    near: list[NearMiss] = []
    ran = 0
    killer, message = None, ""
    for case in by_relevance(trials.cases, requirement):
        if not trials.can_be_tried(case, mutant.base):
            continue
        ran += 1
        outcome = trials.run_on(mutant, case)
        if requirement in outcome.unmet:
            killer, message = case.id, outcome.message
            break
        if not outcome.sound:
            near.append(NearMiss(case.id, _why(outcome)))
    return Kill(mutant.name, requirement, mutant.suffers, killer, message, tuple(near), ran)


def _why(outcome: Outcome) -> str:
    if outcome.unmet:
        return f"unmet: {', '.join(outcome.unmet)}"
    return f"{outcome.verdict}: {outcome.message}"
