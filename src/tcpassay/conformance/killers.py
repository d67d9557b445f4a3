"""Every case that fails on each mutant: the whole kill table, which `killed` keeps.

A case *kills* a mutant where an assertion is not met that is bound to the entry that the mutant
breaks; it *also fails* where those not met are bound to other entries. Stacks that raise or hang,
and set-up that fails, are neither.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.called import calls_made, code_of
from tcpassay.conformance.trials import each_mutant, requirement_of, trials_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CodeType

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.trials import Trials
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.mutants import Mutant


class Killers(NamedTuple):
    """The cases that fail on one mutant, by id; `ran` counts those that its fault could reach."""

    mutant: str
    requirement: str
    killed_by: tuple[str, ...]
    also_fail: tuple[str, ...]
    ran: int


def killers(
    cases: Sequence[Case],
    catalogue: Catalogue,
    *,
    seed: int = 0,
    jobs: int = 1,
    mutants: Sequence[Mutant] | None = None,
    wanted: Callable[[Mutant, Case], bool] | None = None,
) -> Iterator[Killers]:
    """Try every mutant on every case that it could show in, `jobs` mutants at a time.

    `wanted` leaves out pairs of mutant and case. Results come in the order of `mutants` (default:
    the project's own). Raises ConfigurationError as kills.kill_table() does.
    """
    trials = trials_of(cases, catalogue, seed=seed, mutants=mutants)
    plan = _Plan(trials, wanted or (lambda _mutant, _case: True))
    plan.follow()
    return each_mutant(trials, partial(_killers_of, plan), jobs)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be tried: `replaced` by mutant (None: could show anywhere), `called` by base and
    case.
    """

    trials: Trials
    wanted: Callable[[Mutant, Case], bool]
    replaced: dict[str, frozenset[CodeType] | None] = field(default_factory=dict)
    called: dict[tuple[str, str], frozenset[CodeType]] = field(default_factory=dict)

    def follow(self) -> None:
        """See once what each mutant replaces, and which of that each case calls."""
        for mutant in self.trials.mutants:
            self.replaced[mutant.name] = _replaced(mutant, self.trials)
        codes = frozenset().union(*(each for each in self.replaced.values() if each))
        for base in self.trials.bases:
            concerned = [mutant for mutant in self.trials.mutants if mutant.base == base]
            for case in self.trials.cases:
                if any(self.wanted(mutant, case) for mutant in concerned):
                    passes = partial(self.trials.can_be_tried, case, base)
                    self.called[base, case.id] = calls_made(passes, codes)

    def cases_for(self, mutant: Mutant) -> Iterator[Case]:
        """The cases that the fault could show in."""
        replaced = self.replaced[mutant.name]
        for case in self.trials.cases:
            if not self.wanted(mutant, case) or not self.trials.can_be_tried(case, mutant.base):
                continue
            if replaced is None or replaced & self.called[mutant.base, case.id]:
                yield case


def _replaced(mutant: Mutant, trials: Trials) -> frozenset[CodeType] | None:
    """What runs no more with the fault planted; None where more than functions is replaced."""
    with closing(mutant.target(trials.bases[mutant.base].manifest)) as target:
        codes = [code_of(value) for value in target.replaced()]
    known = frozenset(code for code in codes if code is not None)
    return known if codes and None not in codes else None


def _killers_of(plan: _Plan, index: int) -> Killers:
    mutant = plan.trials.mutants[index]
    requirement = requirement_of(mutant, plan.trials.catalogue)
    killed_by: list[str] = []
    also_fail: list[str] = []
    ran = 0
    for case in plan.cases_for(mutant):
        ran += 1
        # Planted anew for each: a fault may remember what earlier cases did to it.
        outcome = plan.trials.run_on(mutant, case)
        if outcome.fails:
            (killed_by if requirement in outcome.unmet else also_fail).append(case.id)
    return Killers(mutant.name, requirement, tuple(killed_by), tuple(also_fail), ran)
