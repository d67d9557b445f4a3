"""What a run tells whoever listens: events while it goes on, one result a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcpassay.core.trace import FieldDiff, Trace
    from tcpassay.core.verdict import Level, Verdict
    from tcpassay.targets.contract import IpVersion


#: How the id of an entry of the oracle begins; behind it stands the requirement.
ORACLE = "oracle/"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a case is written; `file` is relative to the content root where it lies below it."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case on one target and one IP version.

    `expected` is the verdict that the target's expectations name (None: any of pass, info,
    unsupported), `reason` theirs and `nature` what they hold it to be. `judged` holds a verdict for
    each requirement that an assertion was bound to. `frames` are the last trace entries in
    packetdrill notation. `wall_s` is time at the tester, `stack_s` time on the stack's clock,
    `lag_s` how late the reader was at worst.
    """

    id: str
    target: str
    ip: IpVersion
    title: str
    location: Location
    requirements: tuple[str, ...]
    verdict: Verdict
    as_expected: bool
    expected: Verdict | None = None
    reason: str = ""
    nature: str = ""
    judged: Mapping[str, Verdict] = field(default_factory=dict)
    message: str = ""
    diff: tuple[FieldDiff, ...] = ()
    frames: tuple[str, ...] = ()
    measured: Mapping[str, float | int | str] = field(default_factory=dict)
    wall_s: float = 0.0
    stack_s: float = 0.0
    lag_s: float = 0.0
    stderr: str = ""

    @property
    def explanation(self) -> str:
        """Why its verdict is the one expected, and what it is held to be: "RFC ... (a defect)"."""
        return f"{self.reason} (a {self.nature})" if self.nature else self.reason

    @property
    def of_oracle(self) -> bool:
        """Whether this is no case but what the oracle makes of all of a target's cases."""
        return self.id.startswith(ORACLE)


class Alarm(NamedTuple):
    """A violation that the oracle finds in the trace of a case, whatever the case's own verdict.

    `event` is the trace entry, `why` what stands against it, `allowed` what would have been right,
    `ruled_out` the clauses that leave no other way of seeing it. `as_expected`: the target's
    expectations name the entry of that requirement.
    """

    event: int
    requirement: str
    why: str
    allowed: str
    ruled_out: tuple[str, ...]
    level: Level
    as_expected: bool

    def __str__(self) -> str:
        right = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"event {self.event}: {self.why}{right} ({self.requirement}, {self.level})"


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """A target as the run found it; `named` are the words by which the command line named it."""

    name: str
    title: str
    version: str
    clock: str
    capabilities: tuple[str, ...]
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Before anything runs: how many case runs each target that takes part will see."""

    seed: int
    started: str
    targets: tuple[TargetInfo, ...]
    planned: Mapping[str, int]
    not_run: tuple[NotRun, ...] = ()


@dataclass(frozen=True, slots=True)
class NotRun:
    """A case left out by a filter that the user did not ask for, and how to get it."""

    target: str
    case: str
    reason: str


@dataclass(frozen=True, slots=True)
class TargetNotStarted:
    """A named target never started. `skipped`: the user asked to go on without it."""

    target: str
    reason: str
    skipped: bool


@dataclass(frozen=True, slots=True)
class CaseStarted:
    """A case's wire part begins."""

    target: str
    case: str
    ip: IpVersion


@dataclass(frozen=True, slots=True)
class CaseEnded:
    """A case has its verdict. The trace is whole; whoever wants it on disk writes it.

    `alarms` are what the oracle holds against the trace, `judged` the requirements that it could
    judge there.
    """

    result: CaseResult
    trace: Trace | None
    alarms: tuple[Alarm, ...] = ()
    judged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StaleExpectation:
    """An expectation that matched no known id, or that no case it matches fulfilled."""

    target: str
    case: str
    file: str
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over. `interrupted` names the signal that cut it short, if one did."""

    wall_s: float
    totals: Mapping[str, Mapping[Verdict, int]]
    stale: tuple[StaleExpectation, ...] = ()
    interrupted: str | None = None


RunEvent = RunStarted | TargetNotStarted | CaseStarted | CaseEnded | RunEnded
