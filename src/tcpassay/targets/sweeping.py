"""The warden's own program: waits for the tester to end, then kills what it had started.

Started as a process of its own, so it imports the standard library only.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from typing import Final

#: Seconds between two looks, and how many in a row have to find nothing once the tester has died:
#: a program that was being started at that moment shows its mark a little later.
_PAUSE_S: Final = 0.02
_QUIET_LOOKS: Final = 3
#: Seconds after which the warden gives up on what cannot be killed.
_GIVE_UP_S: Final = 10.0


def main(mark: str, tester: int) -> None:
    """Wait for end-of-file on standard input, or for process `tester` to end; then sweep."""
    lost = _await_end(tester)
    quiet, until = 0, time.monotonic() + _GIVE_UP_S
    while quiet < (_QUIET_LOOKS if lost else 1) and time.monotonic() < until:
        quiet = 0 if kill_marked(mark) else quiet + 1
        if lost or not quiet:
            time.sleep(_PAUSE_S)


def _await_end(tester: int) -> bool:
    """Whether the tester has died, rather than let the warden go."""
    try:
        parent = os.pidfd_open(tester)
    except ProcessLookupError:
        return True
    waiting = select.poll()
    waiting.register(0, select.POLLIN)
    waiting.register(parent, select.POLLIN)
    # A number that came to mean another process would never end.
    ready = {fd for fd, _ in waiting.poll()} if os.getppid() == tester else {parent}
    return parent in ready


def kill_marked(mark: str) -> int:
    """Kill every process that has `mark` in its environment; how many there were."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - quick
    return sum(_kill(pid, mark.encode()) for pid in pids)


def _kill(pid: int, mark: bytes) -> bool:
    try:
        # Held before the look, so that the number cannot come to mean another process.
        process = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        with open(f"/proc/{pid}/environ", "rb") as environ:  # noqa: PTH123 - quick
            marked = mark in environ.read().split(b"\0")
        if marked:
            signal.pidfd_send_signal(process, signal.SIGKILL)
    except OSError:
        return False
    finally:
        os.close(process)
    return marked


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
