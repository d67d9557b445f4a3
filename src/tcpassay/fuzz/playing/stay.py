"""A stay: one stack, and up to 256 cases on it one after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpassay.core.errors import AgentFault, StackFault
from tcpassay.fuzz.judges.beside import Beside, like_of
from tcpassay.fuzz.judges.culprit import find, memory_after, signs_after
from tcpassay.fuzz.judges.strays import passing, sort, stray_alarms
from tcpassay.fuzz.judges.weight import memory_suspected
from tcpassay.fuzz.playing.faults import fault_alarms, without_answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcpassay.core.trace import Entry, Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.judges.culprit import Culprit
    from tcpassay.fuzz.judges.signs import Sign
    from tcpassay.fuzz.judging import Judge
    from tcpassay.targets.contract import Target


@dataclass(slots=True)
class Ran:
    """One case that was played and judged; its entries stand in `trace` among others'.

    `counters` are the stack's coverage counters behind it, where it has any.
    `behind` is how many cases of its stay have to be before it for its alarms to come; None where
    nobody has looked, or where no replay gave them again.
    """

    number: int
    case: FuzzCase
    trace: Trace
    entries: list[Entry]
    alarms: list[Alarm]
    accepted: bool
    triples: list[tuple[str, str, str]] = field(default_factory=list)
    behind: int | None = None
    counters: bytes | None = None


class Stay:
    """Plays cases on a stack of one target and judges each.

    A case that wants another IP version or other settings than the one before, and one behind a
    fault, gets a fresh stack. `played_s` is what playing took, without judging.
    """

    def __init__(self, target: Target, judge: Judge, seed: int) -> None:
        self._target = target
        self._judge = judge
        self._seed = seed
        self.played_s = 0.0
        self._beside: Beside | None = None
        self._like: object = None
        #: Cases of the stack that stands, by their place on it; what was found out about earlier.
        self._on_it: list[Ran] = []
        self._late: list[Ran] = []
        self._strays: dict[int, list[Entry]] = {}

    def run(self, cases: Iterable[tuple[int, FuzzCase]]) -> Iterator[Ran]:
        """Each case in turn. Raises what starting a stack raises, and AgentFault."""
        for number, case in cases:
            began = time.perf_counter()
            beside = self._on_stack(case)
            played = beside.player.play(case, number)
            self.played_s += time.perf_counter() - began
            if isinstance(played.fault, AgentFault):
                raise played.fault
            trace = beside.player.trace
            entries, strays = sort(beside.player, played)
            judged = self._judge.case(trace, entries)
            others = [*fault_alarms(played, entries), *beside.case(entries, case)]
            if others:
                others = self._judge.explain(others, case.ip)
            alarms = [*others, *without_answers(judged.alarms, played)]
            ran = Ran(number, case, trace, entries, alarms, judged.accepted, judged.triples)
            self._on_it.append(ran)
            if played.fault is None:
                ran.counters = beside.counters()
            for place, came in strays.items():
                self._stray(place, came)
            if played.fault is not None or played.storm:
                self.close()
            elif beside.due:
                self._look(beside)
            yield ran

    def boundary(self) -> list[Ran]:
        """End the stack, and tell what its end shows and what was found out late.

        These cases have been told of before, with what was known then; here they come with what is
        new alone. Raises what starting a stack raises.
        """
        self._leave()
        late, self._late = self._late, []
        return late

    def close(self) -> None:
        """Let the stack go without a look at what it leaves; may be called twice."""
        if self._beside is not None:
            self._beside.close()
        self._beside = self._like = None
        self._on_it, self._strays = [], {}

    def _on_stack(self, case: FuzzCase) -> Beside:
        like = like_of(case)
        if self._beside is None or self._like != like:
            self._leave()
            self._beside = Beside(self._target, like, self._seed)
            self._like = like
        return self._beside

    def _leave(self) -> None:
        if self._beside is None:
            return
        player = self._beside.player
        before = len(player.trace)
        try:
            left = self._beside.leave()
        except StackFault:
            # It died of being left, which the replays will not repeat: the look before has told.
            left = None
        for place, came in passing(player, before).items():
            self._stray(place, came)
        if left is not None and left.signs:
            self._blame(left.signs)
        elif (
            left is not None
            and self._on_it
            and memory_suspected(left.fresh, left.now, self._judge.unsuspicious)
        ):
            self._weigh_again(left.heavier)
        self.close()

    def _look(self, beside: Beside) -> None:
        before = len(beside.player.trace)
        signs = beside.look()
        for place, came in passing(beside.player, before).items():
            self._stray(place, came)
        if signs:
            self._blame(signs)
            self.close()

    def _weigh_again(self, heavier: int) -> None:
        """Whether rounds of the same cases show a leak; as much more is not asked about again."""
        cases = [ran.case for ran in self._on_it]
        self._judge.unsuspicious = 2 * heavier
        signs = memory_after(self._target, cases, self._seed)
        if signs:
            culprit = find(
                signs[0], cases, lambda some: memory_after(self._target, some, self._seed)
            )
            self._tell(culprit)

    def _blame(self, signs: Sequence[Sign]) -> None:
        cases = [ran.case for ran in self._on_it]
        if not cases:
            return
        for sign in signs:
            self._tell(find(sign, cases, lambda some: signs_after(self._target, some, self._seed)))

    def _tell(self, culprit: Culprit) -> None:
        place = culprit.place
        ran = self._on_it[-1 if place is None else place]
        behind = 0 if culprit.alone else place
        self._add_late(ran, [culprit.sign.alarm(max(0, len(ran.entries) - 1))], behind)

    def _stray(self, place: int, strays: Sequence[Entry]) -> None:
        ran, known = self._on_it[place], self._strays.setdefault(place, [])
        alarms = stray_alarms(self._judge, ran.trace, [*ran.entries, *known], strays)
        known += strays
        if alarms:
            self._add_late(ran, alarms, None)

    def _add_late(self, ran: Ran, alarms: list[Alarm], behind: int | None) -> None:
        told = self._judge.explain(alarms, ran.case.ip)
        entries, trace = ran.entries, ran.trace
        self._late.append(
            Ran(ran.number, ran.case, trace, entries, told, accepted=False, behind=behind)
        )
