"""Threads in which calls block, and how one is seen asleep in its system call."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from tcpassay.core.errors import StackFault
from tcpassay.targets.namespace import libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Call
    from tcpassay.targets.namespace.prepared import Prepared, Raw

#: The tester's own descriptors in an app's process lie above those of a fresh program.
_HIGH_DESCRIPTORS = 700
_SLEEPING = ord("S")
_GIVE_UP_S = 5.0
_SPINS = 4
_NAP_S = 20e-6
_PATIENCE_S = 0.001
_prctl = libc.function("prctl")


class Flight:
    """A call under way in a worker. `result` and `t_ns` are set by the worker, `result` last."""

    __slots__ = ("_landed", "call", "prepared", "result", "t_ns", "worker")

    def __init__(self, call: Call, prepared: Prepared, worker: Worker) -> None:
        self.call = call
        self.prepared = prepared
        self.worker = worker
        self.t_ns = 0
        self.result: Raw | None = None
        self._landed = threading.Lock()
        self._landed.acquire()

    def asleep(self) -> bool:
        """Whether the worker sleeps in this call's system call (9 us)."""
        return self.worker.asleep(self.prepared)

    def wait(self) -> bool:
        """Wait until the call has returned or sleeps; True if it had to be waited for.

        Raises StackFault when it does neither for 5 s.
        """
        if self.result is None and self.asleep():
            return False
        give_up = time.monotonic() + _GIVE_UP_S
        looks = 0
        while self.result is None and not self.asleep():
            looks += 1
            if looks > _SPINS:
                # Leave the processor: the worker may be queued on it.
                self._landed.acquire(timeout=_NAP_S)
            if time.monotonic() > give_up:
                raise StackFault(
                    f"call {self.call.id} {self.call.name}() neither returned nor slept in its "
                    f"system call for {_GIVE_UP_S:.0f} s: is the machine overloaded?"
                )
        return True

    def land(self, result: Raw, t_ns: int) -> None:
        """The worker's last word: what the call returned, and when."""
        self.t_ns = t_ns
        self.result = result
        self._landed.release()

    def interrupt(self) -> None:
        """Interrupt the call until it has returned. Raises StackFault when it never does."""
        give_up = time.monotonic() + _GIVE_UP_S
        while self.result is None:
            self.worker.interrupt()
            if self._landed.acquire(timeout=_PATIENCE_S):
                return
            if time.monotonic() > give_up:
                raise StackFault(
                    f"call {self.call.id} {self.call.name}() could not be interrupted in "
                    f"{_GIVE_UP_S:.0f} s"
                )


class Worker:
    """One thread that makes calls, one at a time, and can be watched from outside."""

    def __init__(self) -> None:
        self._go = threading.Lock()
        self._go.acquire()
        self._job: Callable[[], None] | None = None
        self._thread = threading.Thread(target=self._serve, name="tcpassay-call", daemon=True)
        self._thread.start()
        task = f"/proc/self/task/{self._thread.native_id}"
        self._stat = _open_high(f"{task}/stat")
        self._syscall = _open_high(f"{task}/syscall")

    def start(self, job: Callable[[], None]) -> None:
        """Run `job`; only when the one before has ended."""
        self._job = job
        self._go.release()

    def asleep(self, prepared: Prepared) -> bool:
        """Whether the thread sleeps in one of the system calls that `prepared` names.

        "S" in stat rules out a thread that has been woken and does not run yet: /proc shows the
        system call of such a thread as if it still slept.
        """
        stat = os.pread(self._stat, 256, 0)
        if stat[stat.rindex(b")") + 2] != _SLEEPING:
            return False
        words = os.pread(self._syscall, 256, 0).split(b" ", 2)
        if words[0] == b"running\n" or int(words[0]) not in prepared.sleeps_in:
            return False
        return prepared.first is None or int(words[1], 16) == prepared.first

    def interrupt(self) -> None:
        """Send the signal that makes a system call return EINTR."""
        if self._thread.ident is not None and self._thread.is_alive():
            signal.pthread_kill(self._thread.ident, libc.CANCEL_SIGNAL)

    def close(self) -> None:
        """End the thread; only when it has no call."""
        self._job = None
        self._go.release()
        self._thread.join()
        os.close(self._stat)
        os.close(self._syscall)

    def _serve(self) -> None:
        while True:
            self._go.acquire()
            job = self._job
            if job is None:
                return
            job()


class WorkerPool:
    """Workers to be had at once; a new thread costs 60 us, one from the pool nothing."""

    def __init__(self) -> None:
        libc.let_calls_be_cancelled()
        self._idle: list[Worker] = []

    def take(self) -> Worker:
        """An idle worker, or a new one."""
        try:
            return self._idle.pop()
        except IndexError:
            return Worker()

    def give(self, worker: Worker) -> None:
        """Hand a worker back whose call has returned."""
        self._idle.append(worker)

    def close(self) -> None:
        """End the idle workers; those still out end with the process."""
        while self._idle:
            self._idle.pop().close()


def _open_high(path: str) -> int:
    try:
        low = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:
        # A process that has changed its user owns its /proc files only while it is dumpable.
        _prctl(libc.PR_SET_DUMPABLE, 1, 0, 0, 0)
        low = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _HIGH_DESCRIPTORS)
    finally:
        os.close(low)
