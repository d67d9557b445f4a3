"""One app process: makes the socket calls that the supervisor hands on."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING, Final

from tcpassay.core.events import Cancel, Idle, Signalled, StartCall
from tcpassay.targets.agent.link import Link
from tcpassay.targets.messages import event_frame, idle_frame, read_command, time_frame
from tcpassay.targets.namespace.calls import PosixCalls
from tcpassay.targets.orphans import die_with
from tcpassay.targets.protocol import EX_AGENT, Type

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import StackEvent
    from tcpassay.targets.protocol import Frame

#: Descriptors of ours lie from here on, out of the way of the app's own.
HIGH: Final = 900

_PR_SET_DUMPABLE: Final = 4
_REPORTED: Final = (signal.SIGPIPE, signal.SIGURG, signal.SIGIO, signal.SIGUSR1, signal.SIGUSR2)


class AppProcess:
    """The life of an app process, from fork to end of file on its control link."""

    def __init__(self, number: int, control: int, now_ns: Callable[[], int]) -> None:
        self._number = number
        self._now_ns = now_ns
        self._signals: list[StackEvent] = []
        self._wake_read, self._wake_write = (_raised(fd) for fd in os.pipe())
        os.set_blocking(self._wake_write, False)
        self._calls = PosixCalls(now_ns, on_return=self._woken)
        self._link = Link(control)
        for each in _REPORTED:
            signal.signal(each, self._on_signal)

    def run(self) -> int:
        """Serve the supervisor; the exit status."""
        sources = select.poll()
        sources.register(self._link.fileno(), select.POLLIN)
        sources.register(self._wake_read, select.POLLIN)
        while True:
            ready = {fd for fd, _ in sources.poll()}
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                # The events stay here until the supervisor asks: this only makes it ask.
                self._link.write(time_frame(self._now_ns(), 0))
            if self._link.fileno() not in ready:
                continue
            frame = self._link.read()
            while frame is not None:
                self._answer(frame)
                frame = self._link.read() if self._link.pending else None
            if not self._alive:
                return 0
