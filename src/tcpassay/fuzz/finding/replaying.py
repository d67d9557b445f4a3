"""A finding's trace file played again: whether it is there, is another, or is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.core.errors import AgentFault, ConfigurationError
from tcpassay.fuzz.finding.confirming import Confirmer, alike
from tcpassay.fuzz.finding.kept import Finding
from tcpassay.fuzz.finding.minimise import BUDGET, minimise
from tcpassay.fuzz.finding.suite import Suite
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.alone import try_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.core.trace import Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.targets.contract import Target

Outcome = Literal["same finding", "another finding", "nothing"]


class PlayedAgain(NamedTuple):
    """What became of a finding's case on a fresh stack: `alarm` is the one that `outcome` means."""

    outcome: Outcome
    alarm: Alarm | None
    alarms: list[Alarm]
    trace: Trace


def play_again(finding: Finding, target: Target, seed: int | None = None) -> PlayedAgain:
    """The minimal case of a finding on a fresh stack, with the recorded seed unless told another.

    An alarm that the expectations of the target explain is another finding only where the
    recorded one was explained too. Raises AgentFault, and what starting a stack raises.
    """
    judge = Judge(target.manifest, target.version())
    _check_settings(finding.minimal, target)
    trial = try_alone(target, judge, finding.minimal, finding.seed if seed is None else seed)
    if isinstance(trial.fault, AgentFault):
        raise trial.fault
    same = [alarm for alarm in trial.alarms if _same(alarm, finding.alarm)]
    others = [alarm for alarm in trial.alarms if not alarm.explained]
    outcome: Outcome = "same finding" if same else "another finding" if others else "nothing"
    alarm = next(iter(same or others), None)
    return PlayedAgain(outcome, alarm, trial.alarms, trial.trace)


def _same(alarm: Alarm, recorded: Alarm) -> bool:
    """Whether an alarm is the recorded one, be it explained since or no longer."""
    return alike(alarm._replace(explained=recorded.explained), recorded)


def make_smaller(
    finding: Finding,
    target: Target,
    budget: int = BUDGET,
    tell: Callable[[int, FuzzCase], None] | None = None,
) -> tuple[Finding, Trace] | None:
    """The finding with the smallest case found, and its trace; None where it does not come again.

    `tell` hears of each smaller case, and how many stacks there have been. Raises AgentFault, and
    what starting a stack raises.
    """
    judge = Judge(target.manifest, target.version())
    _check_settings(finding.minimal, target)
    suite = Suite(target, finding.seed, finding.minimal.ip)
    confirmer = Confirmer(target, judge, finding.seed, suite)
    recorded = finding.alarm
    first = None
    for wanted in _either_way(recorded):
        first = first or confirmer.surely(finding.minimal, wanted)
    if first is None:
        return None
    wanted = first.alarm

    def shows(case: FuzzCase) -> bool:
        shown = confirmer.once(case, wanted) is not None
        if shown and tell is not None:
            tell(confirmer.stacks, case)
        return shown

    small = minimise(first.case, shows, budget)
    shown = confirmer.surely(small.case, wanted) or first
    names, cases = confirmer.named(shown)
    smaller = finding._replace(
        target=target.manifest.name,
        version=target.version(),
        alarm=shown.alarm,
        minimal=shown.case,
        executions=small.executions,
        spent=small.spent,
        names=names,
        cases=cases,
    )
    return smaller, shown.trial.trace


def _either_way(alarm: Alarm) -> Sequence[Alarm]:
    """An alarm as the expectations of today may have it."""
    return alarm, alarm._replace(explained="" if alarm.explained else "explained")


def _check_settings(case: FuzzCase, target: Target) -> None:
    """Raise ConfigurationError for a setting that the target does not offer."""
    manifest = target.manifest
    unknown = [name for name in case.settings if name not in manifest.settings]
    if unknown:
        msg = f"{manifest.name} has no setting {unknown[0]!r}, which the case wants"
        raise ConfigurationError(msg)
    manifest.needed_addresses(case.ip)
