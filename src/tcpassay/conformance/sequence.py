"""Cases on a virtual clock: one after the other, and told of in the order of the plan."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tcpassay.conformance.execute import run_case, unsupported_result
from tcpassay.conformance.interrupts import CutShort
from tcpassay.conformance.result import CaseEnded, CaseStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.conformance.execute import Context
    from tcpassay.conformance.interrupts import Interrupts
    from tcpassay.conformance.plan import PlannedRun
    from tcpassay.conformance.pool import Ended
    from tcpassay.conformance.result import RunEvent
    from tcpassay.targets.contract import IpVersion


def run_in_sequence(
    context: Context,
    emit: Callable[[RunEvent], None],
    interrupts: Interrupts,
    runs: Sequence[PlannedRun],
    ended: Ended = CaseEnded,
) -> None:
    """Run every case in the calling thread; return early once a signal was caught."""
    for run in runs:
        if interrupts.signalled():
            return
        if run.unsupported:
            emit(CaseEnded(unsupported_result(context, run), None))
            continue
        emit(CaseStarted(context.target.manifest.name, run.case.id, run.ip))
        guard = interrupts.guarded(context.max_time_s)
        try:
            result, trace = run_case(context, run, guard=guard)
        except CutShort:
            return
        emit(ended(result, trace))


class InOrder:
    """Passes on the events of cases as if those had run in the order of `runs`."""

    def __init__(self, runs: Sequence[PlannedRun], emit: Callable[[RunEvent], None]) -> None:
        self._emit = emit
        self._turns = deque((run.case.id, run.ip) for run in runs)
        self._started: dict[tuple[str, IpVersion], CaseStarted] = {}
        self._ended: dict[tuple[str, IpVersion], CaseEnded] = {}

    def take(self, event: RunEvent) -> None:
        """An event of a case: held back until all cases before it have ended."""
        if isinstance(event, CaseStarted):
            self._started[event.case, event.ip] = event
        if isinstance(event, CaseEnded):
            self._ended[event.result.id, event.result.ip] = event
            while self._turns and self._turns[0] in self._ended:
                self._tell(self._turns.popleft())

    def rest(self) -> None:
        """What has ended behind cases that never will."""
        for turn in self._turns:
            if turn in self._ended:
                self._tell(turn)

    def _tell(self, turn: tuple[str, IpVersion]) -> None:
        if turn in self._started:
            self._emit(self._started.pop(turn))
        self._emit(self._ended.pop(turn))
