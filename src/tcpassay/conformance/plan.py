"""What a run is going to do: values that selection makes and the runner reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tcpassay.conformance.case import Case
    from tcpassay.conformance.expectations import Expectations
    from tcpassay.conformance.result import NotRun
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.contract import IpVersion, Target

#: Seconds of real time that one case may take, unless --max-time says otherwise.
DEFAULT_MAX_TIME_S = 120.0


class PlannedRun(NamedTuple):
    """One case on one IP version. `unsupported` says why it will not be run, if it will not."""

    case: Case
    ip: IpVersion
    unsupported: str = ""


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """What one target will see. `not_run` is what a filter left out that nobody asked for.

    `named` are the words by which the command line named the target.
    """

    target: Target
    runs: tuple[PlannedRun, ...]
    not_run: tuple[NotRun, ...]
    expectations: Expectations
    named: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The target's name in its manifest."""
        return self.target.manifest.name


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole run.

    `seed` (64 bits) gives every case its own. `jobs` bounds the real-time cases in flight (None:
    as many as keep up). `max_time_s` is real time a case. `gate` False ignores verdicts that are
    not as expected; `watch` has the oracle judge every trace as well, of which `whole` says that
    no filter has left any out; `where_possible` skips targets that cannot be started. `known` are
    the ids that an expectation may match: None when only some of the cases were loaded. `partly`
    are the sources ("cases", "matrix") of which it holds some ids only, or none.
    """

    targets: tuple[TargetPlan, ...]
    catalogue: Catalogue
    seed: int
    jobs: int | None = None
    max_time_s: float = DEFAULT_MAX_TIME_S
    gate: bool = True
    watch: bool = False
    whole: bool = False
    where_possible: bool = False
    known: frozenset[str] | None = None
    partly: frozenset[str] = frozenset()
