"""What becomes of the alarms of a campaign: each fault kept once, confirmed, small, as a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tcpassay.fuzz.finding.confirming import Confirmer
from tcpassay.fuzz.finding.kept import Finding, write_finding
from tcpassay.fuzz.finding.minimise import BUDGET, minimise

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tcpassay.fuzz.alarms import Alarm, Key
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.finding.confirming import Shown
    from tcpassay.fuzz.finding.minimise import Minimised
    from tcpassay.fuzz.finding.suite import Suite
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.playing.stay import Ran
    from tcpassay.targets.contract import Target

#: Where examples of explained alarms go, below the folder of the findings.
EXPLAINED = "explained"
#: Cases with one key that are tried before it is left alone as one that does not come again.
TRIES = 3

Before = Callable[[], Sequence["FuzzCase"]]


class Findings:
    """The findings of one campaign on one target; their trace files go to `folder`.

    `seen` counts alarms by the key of the finding that they are, `explained` those that an entry
    of the expectations covers by its glob, `not_confirmed` by key those whose case gives nothing
    alone, `behind` how many of these came again behind the cases before them. `kept` are those
    of an earlier part of the campaign; `suite` helps to name them.
    """

    def __init__(
        self,
        target: Target,
        judge: Judge,
        seed: int,
        folder: Path,
        *,
        budget: int = BUDGET,
        kept: Iterable[Finding] = (),
        suite: Suite | None = None,
    ) -> None:
        self._target = target
        self._version = target.version()
        self._confirmer = Confirmer(target, judge, seed, suite)
        self._seed = seed
        self._folder = folder
        self._budget = budget
        self.all: list[Finding] = []
        self.seen: Counter[Key] = Counter()
        self.explained: Counter[str] = Counter()
        self.not_confirmed: Counter[Key] = Counter()
        self.behind = 0
        self._examples: Counter[str] = Counter()
        self._key_of: dict[Key, Key] = {}
        for finding in kept:
            self.know(finding)

    @property
    def stacks(self) -> int:
        """How many fresh stacks findings have cost."""
        return self._confirmer.stacks

    def path(self, finding: Finding) -> Path:
        """The trace file of a finding."""
        folder = self._folder / EXPLAINED if finding.explained else self._folder
        return folder / f"{finding.name}.json"

    def consider(self, ran: Ran, alarm: Alarm, before: Before | None = None) -> Finding | None:
        """What an alarm of a case comes to: a finding that is new, else None.

        `before` gives the cases of its stay before it. Raises AgentFault, what starting a stack
        raises, and TcpassayError where the trace cannot be written: then nothing of it is known,
        and it can be considered again.
        """
        if alarm.explained:
            return self._example(ran, alarm)
        known = self._key_of.get(alarm.key)
        if known is not None:
            self.seen[known] += 1
            return None
        if self.not_confirmed[alarm.key] >= TRIES:
            self.not_confirmed[alarm.key] += 1
            return None
        shown = self._confirmed(ran, alarm, before)
        if shown is None:
            self.not_confirmed[alarm.key] += 1
            return None
        return self._kept(ran, alarm, shown)

    def _confirmed(self, ran: Ran, alarm: Alarm, before: Before | None) -> Shown | None:
        shown = self._confirmer.alone(ran.case, ran.entries, alarm)
        if shown is None and before is not None:
            shown = self._confirmer.behind(before(), ran.case, alarm)
            self.behind += shown is not None
        return shown

    def _kept(self, ran: Ran, alarm: Alarm, shown: Shown) -> Finding | None:
        small, shown = self._minimised(shown)
        known = self._key_of.get(shown.alarm.key)
        if known is not None:
            # Something simpler arrives, and it is a finding that is known.
            self._key_of[alarm.key] = known
            self.seen[known] += 1
            return None
        names, cases = self._confirmer.named(shown)
        finding = self._finding(ran, alarm, shown)._replace(
            minimal=shown.case,
            executions=small.executions,
            spent=small.spent,
            names=names,
            cases=cases,
        )
        return self._write(finding, shown)

    def _minimised(self, first: Shown) -> tuple[Minimised, Shown]:
        """The smallest case, and what it shows; the first where that does not come again."""
        wanted = first.alarm
        confirmer = self._confirmer
        small = minimise(
            first.case, lambda case: confirmer.once(case, wanted) is not None, self._budget
        )
        shown = confirmer.surely(small.case, wanted)
        return small, shown or first

    def _example(self, ran: Ran, alarm: Alarm) -> Finding | None:
        """Count what is explained, and keep the first of each entry that comes again alone."""
        entry = alarm.explained
        self.explained[entry] += 1
        if self._examples[entry] >= TRIES:
            return None
        self._examples[entry] += 1
        shown = self._confirmer.surely(ran.case, alarm)
        if shown is None:
            return None
        return self._write(self._finding(ran, alarm, shown), shown)

    def _finding(self, ran: Ran, alarm: Alarm, shown: Shown) -> Finding:
        return Finding(
            self._target.manifest.name,
            self._version,
            alarm.key,
            shown.alarm,
            ran.case,
            ran.number,
            self._seed,
            ran.case,
        )

    def _write(self, finding: Finding, shown: Shown) -> Finding:
        write_finding(self.path(finding), finding, shown.trial.trace)
        self.know(finding)
        return finding

    def know(self, finding: Finding) -> None:
        """Take a finding as kept already: of an earlier session, or of another process."""
        self.all.append(finding)
        if finding.explained:
            self._examples[finding.explained] = TRIES
            return
        self._key_of[finding.key] = self._key_of[finding.alarm.key] = finding.key
        self.seen[finding.key] += finding.times
