"""A bound on the processor's time that one step of a stack in the tester's own process may take.

A stack behind an agent has its watchdog, one in the kernel nobody can stop. Nothing is asked of
the clock but where a step begins: a timer of the process looks whether that is long ago.
"""

from __future__ import annotations

import signal
import threading
import time
import traceback
from typing import TYPE_CHECKING, Final

from tcpassay.core.errors import StackFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: Seconds of the processor's time that a step may take, and how often somebody looks.
STEP_S: Final = 1.0
_LOOK_S: Final = 0.25


class Budget:
    """Ends a step that takes too long with StackFault. Only the main thread can be bounded.

    Whoever plays sets `began` where a step begins, to time.process_time(), and to None where the
    stack has the word no longer.
    """

    def __init__(self, name: str) -> None:
        self.began: float | None = None
        self._name = name
        self._bounded = False
        self._before: Callable[[int, FrameType | None], object] | int | None = signal.SIG_DFL

    def start(self) -> None:
        """Begin to look, in place of the budget of another stack, unless the timer is taken."""
        if threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGPROF)
        if isinstance(getattr(before, "__self__", None), Budget):
            self._before = before
        elif before is not signal.SIG_DFL:
            return
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _LOOK_S, _LOOK_S)
        self._bounded = True

    def stop(self) -> None:
        """Leave the timer as it was; may be called twice."""
        if self._bounded:
            if self._before is signal.SIG_DFL:
                signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, self._before)
            self._bounded = False

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        began = self.began
        if began is None or time.process_time() - began <= STEP_S:
            return
        self.began = None
        raise StackFault(
            f"{self._name}: the stack was not idle within {STEP_S:g} s of the processor's time",
            stderr="".join(traceback.format_stack(frame)),
        )
