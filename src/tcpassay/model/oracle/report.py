"""What the oracle has to say of a trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.catalogue import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.verdict import Level


class Violation(NamedTuple):
    """One thing that no hypothesis allows.

    `event` is the trace entry, `requirement` the clause nearest to allowing it, `why` what stands
    against it there, `allowed` what would have been right; `ruled_out` has the clauses of the
    other hypotheses. `others` are further known ways past the rules that fit what has come as well,
    the shortest first: clause and `why` of each of their steps.
    """

    event: int
    requirement: str
    why: str
    allowed: str = ""
    ruled_out: tuple[str, ...] = ()
    others: tuple[tuple[tuple[str, str], ...], ...] = ()

    def as_known(self, known: Callable[[Violation], bool]) -> Violation | None:
        """The violation if it is `known`; else the first step of another way of which each step is:
        nothing tells that the target has not gone that way. None where there is none.
        """
        if known(self):
            return self
        for way in self.others:
            steps = [self._replace(requirement=r, why=why) for r, why in way]
            if all(map(known, steps)):
                return steps[0]
        return None

    @property
    def level(self) -> Level:
        """How binding the requirement is, by the catalogue."""
        return load_catalogue().get(self.requirement).level

    def __str__(self) -> str:
        right = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"event {self.event}: {self.why}{right} ({self.requirement}, {self.level})"


@dataclass(slots=True)
class Report:
    """Violations in order, what was judged (how often, by requirement), and the peak of the set."""

    violations: list[Violation] = field(default_factory=list)
    judged: dict[str, int] = field(default_factory=dict)
    peak: int = 0

    def count(self, clause: str) -> None:
        """A requirement was judged once more."""
        self.judged[clause] = self.judged.get(clause, 0) + 1
