"""A stay: one stack, and up to 256 cases on it one after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpassay.core.errors import AgentFault
from tcpassay.fuzz.faults import fault_alarms
from tcpassay.fuzz.player import Player
from tcpassay.targets.contract import StackOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcpassay.core.trace import Entry, Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.steps import FuzzCase
    from tcpassay.targets.contract import IpVersion, Stack, Target


@dataclass(slots=True)
class Ran:
    """One case that was played and judged; its entries stand in `trace` among others'."""

    number: int
    case: FuzzCase
    trace: Trace
    entries: list[Entry]
    alarms: list[Alarm]
    accepted: bool
    triples: list[tuple[str, str, str]] = field(default_factory=list)


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
        self._stack: Stack | None = None
        self._player: Player | None = None
        self._like: tuple[IpVersion, tuple[str, ...]] | None = None

    def run(self, cases: Iterable[tuple[int, FuzzCase]]) -> Iterator[Ran]:
        """Each case in turn. Raises what starting a stack raises."""
        for number, case in cases:
            began = time.perf_counter()
            player = self._on_stack(case)
            played = player.play(case, number)
            self.played_s += time.perf_counter() - began
            entries = player.trace.entries[played.first : played.last]
            if isinstance(played.fault, AgentFault):
                raise played.fault
            judged = self._judge.case(player.trace, entries)
            alarms = [*fault_alarms(played, entries), *judged.alarms]
            if alarms and (played.fault is not None or played.storm):
                self.close()
            yield Ran(number, case, player.trace, entries, alarms, judged.accepted, judged.triples)

    def close(self) -> None:
        """Let the stack go; may be called twice."""
        if self._stack is not None:
            self._stack.close()
        self._stack = self._player = self._like = None

    def _on_stack(self, case: FuzzCase) -> Player:
        like = case.ip, case.settings
        if self._player is None or self._like != like:
            self.close()
            options = StackOptions(seed=self._seed, ip=case.ip, settings=case.settings, spare=True)
            self._stack = self._target.start(options)
            manifest = self._target.manifest
            self._player = Player(self._stack, manifest, self._seed, case.ip, case.settings)
            self._like = like
        return self._player
