"""What a run is doing, on standard error: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.text import Text

from tcpassay.conformance.result import (
    CaseEnded,
    CaseStarted,
    RunEnded,
    RunEvent,
    RunStarted,
    TargetNotStarted,
)
from tcpassay.core.verdict import Verdict
from tcpassay.reports.console import STYLE
from tcpassay.reports.failure import heading
from tcpassay.reports.live import LiveLines
from tcpassay.reports.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from tcpassay.conformance.result import CaseResult

_NAMES_SHOWN = 3


class Progress(LiveLines):
    """A listener that shows counts and the cases in flight; use it as a context manager.

    Drawing happens when an event comes, a few times a second at most, so that a case in real
    time never waits for the terminal. `now` reads seconds.
    """

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console, now)
        self._planned: dict[str, int] = {}
        self._ended: dict[str, dict[Verdict, int]] = {}
        self._in_flight: dict[str, None] = {}

    def __call__(self, event: RunEvent) -> None:
        match event:
            case RunStarted():
                self._begin(event)
            case TargetNotStarted():
                how = "skipped" if event.skipped else "not started"
                self.say(f"{event.target}: {how}: {event.reason}")
            case CaseStarted():
                self._in_flight[_key(event.target, event.case, event.ip)] = None
            case CaseEnded():
                self._end_case(event.result)
            case RunEnded():
                if event.interrupted:
                    self.say(f"interrupted by {event.interrupted}, ending the cases in flight")
        self.draw(self._plain, self._picture)

    def _begin(self, event: RunStarted) -> None:
        self._planned = dict(event.planned)
        for target in event.targets:
            self._ended[target.name] = dict.fromkeys(Verdict, 0)
            cases = counted(event.planned.get(target.name, 0), "case")
            self.say(f"{target.name}: {target.version}, {target.clock} clock: running {cases}")

    def _end_case(self, result: CaseResult) -> None:
        self._in_flight.pop(_key(result.target, result.id, result.ip), None)
        if not result.of_oracle:
            counts = self._ended.setdefault(result.target, dict.fromkeys(Verdict, 0))
            counts[result.verdict] += 1
        if not result.as_expected:
            self.say(f"{result.verdict}: {heading(result)}")

    def _plain(self) -> str:
        return "; ".join(
            f"{target}: {sum(counts.values())} of {self._planned.get(target, 0)}"
            for target, counts in self._ended.items()
        )

    def _picture(self) -> Text:
        picture = Text()
        for target, counts in self._ended.items():
            done = sum(counts.values())
            picture.append(f"{one_line(target)}  {done}/{self._planned.get(target, 0)}", "bold")
            for verdict, number in counts.items():
                if number:
                    picture.append(f"  {number} {verdict}", STYLE[verdict])
            picture.append("\n")
        names = list(self._in_flight)
        more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
        picture.append("  ".join(names[:_NAMES_SHOWN]) + more, "dim")
        picture.truncate(max(1, self.width * (len(self._ended) + 1)))
        return picture


def _key(target: str, case: str, ip: int) -> str:
    return one_line(f"{target}:{case}" if ip == 4 else f"{target}:{case} (IPv6)")
