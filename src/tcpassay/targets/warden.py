"""No agent outlives the tester, whatever becomes of either: one process a target that sees to it.

Agents are written by others: they may hang, fork, leave their process group. What a target starts
carries a mark in its environment, which is inherited. When the target is closed, or the tester
ends or is killed, the warden kills all that carry it. PR_SET_PDEATHSIG would do for the agent alone
and would have to be set between fork and exec, where Python has to copy itself: 14 ms a start
in place of 1.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import uuid
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Final

from tcpassay.targets import sweeping
from tcpassay.targets.forking import DESCRIPTOR_TABLE

#: Names the tester that a program belongs to.
MARK: Final = "TCPASSAY_TESTER"


class Warden:
    """Started when first asked for the mark, and again after `close`; for any thread."""

    def __init__(self) -> None:
        self._value = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._end: weakref.finalize[..., Warden] | None = None

    def mark(self) -> tuple[bytes, bytes]:
        """What a program to be watched over has to have in its environment: name and value."""
        with self._lock:
            if self._end is None or not self._end.alive:
                self._end = weakref.finalize(self, _end, *_start(self._value), os.getpid())
        return MARK.encode(), self._value.encode()

    def close(self) -> None:
        """Kill what still carries the mark; returns when that is done. May be called twice."""
        with self._lock:
            if self._end is not None:
                self._end()


def _start(value: str) -> tuple[int, int]:
    """The process number, and our end of the pipe at which the warden waits."""
    program = [sys.executable, "-I", "-S", str(Path(sweeping.__file__)), f"{MARK}={value}"]
    with DESCRIPTOR_TABLE:
        theirs, ours = os.pipe()
        try:
            pid = os.posix_spawn(
                sys.executable,
                [*program, str(os.getpid())],
                {name: text for name, text in os.environ.items() if name != MARK},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
                # Not with the terminal's Ctrl-C.
                setsid=True,
                setsigdef=(signal.SIGTERM, signal.SIGPIPE),
            )
        finally:
            os.close(theirs)
    return pid, ours


def _end(pid: int, pipe: int, owner: int) -> None:
    """Let the warden do its work, and wait for it; in a fork of the tester, leave it alone."""
    os.close(pipe)
    if os.getpid() == owner:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
