"""The agents of one target: started a little ahead of need, reaped out of the way of the cases."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tcpassay.core.errors import TcpassayError
from tcpassay.targets.channel import AgentChannel
from tcpassay.targets.program import environment
from tcpassay.targets.warden import Warden

if TYPE_CHECKING:
    from tcpassay.targets.program import Launch, Program

#: Agents that wait, their HELLO sent, for a case to come.
AHEAD: Final = 1
#: Agents that have been told BYE and may still be there, and for how many seconds each.
_LEAVING: Final = 8
_GRACE_S: Final = 1.0


class Agents:
    """Hands out agents that nobody has used. For any thread.

    From the second on they are started ahead, and only in the main thread: an agent may have
    asked to be killed with the thread that started it (PR_SET_PDEATHSIG), and only that thread
    lasts as long as the target.
    """

    def __init__(self, launch: Launch, *, watchdog_s: float, hello_s: float) -> None:
        self._launch = launch
        self._watchdog_s = watchdog_s
        self._hello_s = hello_s
        self._inherited = environment()
        self._processors = os.sched_getaffinity(0)
        self._warden = Warden()
        self._lock = threading.Lock()
        self._waiting: deque[AgentChannel] = deque()
        self._leaving: deque[tuple[Program, float]] = deque()
        self._taken = 0

    def take(self) -> AgentChannel:
        """An agent that has said HELLO. Raises what AgentChannel raises."""
        ahead = threading.current_thread() is threading.main_thread()
        with self._lock:
            self._taken += 1
            channel = self._waiting.popleft() if ahead and self._waiting else None
        channel = channel or self._start()
        if ahead and self._taken > 1:
            self._start_ahead(channel)
        channel.greet(self._hello_s)
        return channel

    def close(self) -> None:
        """End all of them, those in use included. More may be taken afterwards."""
        with self._lock:
            waiting, self._waiting = self._waiting, deque()
        for channel in waiting:
            channel.kill()
        self._reap(0)
        self._warden.close()

    def _start(self) -> AgentChannel:
        name, value = self._warden.mark()
        launch = self._launch._replace(inherited={**self._inherited, name: value})
        return AgentChannel(launch, watchdog_s=self._watchdog_s, leave=self._let_go)

    def _start_ahead(self, taken: AgentChannel) -> None:
        """Where the tester keeps to one processor, an agent gets ready on another, and comes to it
        when it is taken. What cannot be started now is told to whoever needs it.
        """
        here = os.sched_getaffinity(0)
        if here != self._processors:
            move(taken.pid, here)
            os.sched_setaffinity(0, self._processors)
        try:
            with suppress(TcpassayError):
                while len(self._waiting) < AHEAD:
                    self._waiting.append(self._start())
        finally:
            if here != self._processors:
                os.sched_setaffinity(0, here)

    def _let_go(self, program: Program) -> None:
        """The agent has been told BYE: it has a moment to end by itself."""
        with self._lock:
            self._leaving.append((program, time.monotonic() + _GRACE_S))
        self._reap(_LEAVING)

    def _reap(self, most: int) -> None:
        """Bury those that have ended, and the longest waiting until there are `most` left."""
        while True:
            with self._lock:
                if not self._leaving:
                    return
                program, until = self._leaving[0]
                left_s = max(0.0, until - time.monotonic())
                if len(self._leaving) <= most and left_s and not program.ended(0):
                    return
                self._leaving.popleft()
            program.stop(left_s)


def move(pid: int, processors: set[int]) -> None:
    """Have all threads of a program run there."""
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - every case does it
            os.sched_setaffinity(int(thread), processors)
