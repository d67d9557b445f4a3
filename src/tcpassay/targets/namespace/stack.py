"""One fresh kernel stack: a namespace, its TUN, and the calls of the apps on it."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty
from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_MS, NS_PER_S, RealClock
from tcpassay.core.errors import StackFault, TcpassayError
from tcpassay.core.events import (
    Advance,
    Cancel,
    Datagram,
    Idle,
    Kill,
    Logged,
    Outcome,
    ReadState,
    ReadStats,
    Spawn,
    StartCall,
    StateRead,
    StatsRead,
)
from tcpassay.targets.bursts import one_by_one
from tcpassay.targets.namespace.calls import PosixCalls
from tcpassay.targets.namespace.reader import Inlet
from tcpassay.targets.namespace.sockdiag import SocketDiagnosis
from tcpassay.targets.namespace.sockstat import has_no_sockets
from tcpassay.targets.namespace.stamps import KernelStamps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import Command, StackEvent
    from tcpassay.targets.contract import StackOptions
    from tcpassay.targets.namespace.apps import Apps
    from tcpassay.targets.namespace.making import Made
    from tcpassay.targets.namespace.reader import Reader
    from tcpassay.targets.namespace.worker import WorkerPool

#: A tuple's own constructor: half the time of that of a class with names for its fields.
_new = tuple.__new__


class NamespaceStack:
    """The kernel's stack in one namespace; honours `tcpassay.targets.contract.Stack`.

    A write to a TUN runs the kernel's receive path before it returns, so what the stack answers
    at once can be read at once. What a call's own thread has still to do is waited for until that
    thread is seen asleep in its system call; then the TUN is read once more. Where no call is under
    way a datagram is a write and what can be read.
    """

    def __init__(
        self,
        made: Made,
        *,
        mtu: int,
        pool: WorkerPool,
        reader: Reader,
        ended: Callable[[bool], None],
        start_apps: Callable[[RealClock], Apps],
        options: StackOptions,
    ) -> None:
        self._clock = RealClock()
        self._made = made
        self._ended = ended
        self._spare = options.spare
        self._reader = reader
        self._stamps = (
            KernelStamps(made.namespace, mtu, self._clock.from_monotonic)
            if options.timing
            else None
        )
        self._inlet = Inlet(made.tun, mtu, self._clock.now_ns, self._stamps)
        self._calls = PosixCalls(
            self._clock.now_ns,
            namespace=made.namespace,
            pool=pool,
            on_return=self._look_around,
        )
        self._diagnosis: SocketDiagnosis | None = None
        self._busy = threading.Lock()
        self._closing = False
        self._closed = False
        self._start_apps = start_apps
        self._apps: Apps | None = None
        self._bell = -1
        if options.own_process:
            self._begin_apps()

    @property
    def clock_kind(self) -> ClockKind:
        """The kernel's time is real."""
        return "real"

    def now_ns(self) -> int:
        """Nanoseconds since the stack was started."""
        return self._clock.now_ns()

    def lag_ns(self) -> int:
        """How late the shared reader was at worst while this stack's case waited."""
        return self._inlet.max_lag_ns

    def execute(self, command: Command) -> Outcome:
        """One step. Raises StackFault and AgentFault as the contract says."""
        with self._busy:
            return self._step(command)

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        """A burst. Raises as `execute` does."""
        with self._busy:
            return one_by_one(self._step, commands, into)

    def close(self) -> None:
        """Abort every connection and free namespace, TUN and descriptors. May be called twice.

        A case that waits in another thread is woken and finds the stack closed.
        """
        self._closing = True
        self._look_around()
        with self._busy:
            if self._closed:
                return
            self._closed = True
            self._reader.forget(self._inlet)
            self._calls.close()
            self._destroy_orphans()
            if self._apps is not None:
                self._apps.close()
                bell, self._bell = self._bell, -1
                os.close(bell)
            if self._diagnosis is not None:
                self._diagnosis.close()
            if self._stamps is not None:
                self._stamps.close()
            self._ended(self._spare and self._left_nothing())

    def _step(self, command: Command) -> Outcome:
        if self._closing:
            raise StackFault("linux: the stack has been closed")
        events: list[StackEvent] = []
        if self._apps is None and not self._calls.busy and self._quick(command, events):
            idle = _new(Idle, (self._clock.now_ns(), None, self._calls.blocked()))
            return _new(Outcome, (events, idle))
        self._carry_out(command, events)
        blocked = self._calls.blocked()
        if self._apps is not None:
            blocked += self._apps.blocked
        return Outcome(events, Idle(self._clock.now_ns(), None, blocked))

    def _quick(self, command: Command, events: list[StackEvent]) -> bool:
        """Whether this is what most commands are: a datagram, or a call; and what it leads to."""
        calls = self._calls
        if isinstance(command, Datagram):
            self._deliver(command.octets, events)
            self._inlet.read(events)
            return True
        if not isinstance(command, StartCall) or command.call.process != 0:
            return False
        calls.start(command.call)
        if calls.busy:
            self._settle(events)
        else:
            self._inlet.read(events)
            events += calls.settle()
        return True

    def _left_nothing(self) -> bool:
        """Whether the namespace is as it was: no socket in it, nothing in the TUN."""
        try:
            empty = has_no_sockets(self._made.namespace)
            self._inlet.read([])
        except OSError:
            return False
        return empty

    def _carry_out(self, command: Command, events: list[StackEvent]) -> None:
        match command:
            case Datagram(octets):
                self._deliver(octets, events)
                self._settle(events)
            case StartCall(call) if call.process == 0:
                self._calls.start(call)
                self._settle(events)
            case Advance(until_ns):
                self._advance(until_ns, events)
            case Cancel(call_id) if call_id in self._calls.blocked():
                self._calls.cancel(call_id)
                self._settle(events)
            case ReadState(local, remote):
                self._settle(events)
                events.append(self._read_state(local, remote))
            case ReadStats():
                self._settle(events)
                events.append(self._read_stats())
            case Cancel() if self._apps is None:
                self._settle(events)
            case Spawn(1, None, None) if self._apps is None:
                self._begin_apps()
            case StartCall() | Cancel() | Spawn() | Kill():
                apps = self._apps if self._apps is not None else self._begin_apps()
                events += apps.execute(command)
                self._settle(events)

    def _deliver(self, octets: bytes, events: list[StackEvent]) -> None:
        try:
            os.write(self._made.tun, octets)
        except OSError as error:
            # The device looks at the version nibble and refuses what is neither 4 nor 6.
            text = f"the TUN refused a datagram of {len(octets)} octets: {error.strerror}"
            events.append(Logged(self._clock.now_ns(), text))

    def _settle(self, events: list[StackEvent]) -> None:
        self._inlet.read(events)
        calls, apps = self._calls, self._apps
        was_busy = calls.busy
        events += calls.settle()
        if apps is not None:
            was_busy = was_busy or bool(apps.blocked)
            events += apps.settle()
        if was_busy:
            self._inlet.read(events)

    def _begin_apps(self) -> Apps:
        """The agent, and process 1."""
        try:
            self._apps = self._start_apps(self._clock)
        except BaseException:
            if self._stamps is not None:
                self._stamps.close()
            raise
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        return self._apps

    def _advance(self, until_ns: int, events: list[StackEvent]) -> None:
        self._settle(events)
        if events:
            return
        if self._apps is None:
            self._wait(until_ns, events)
        else:
            self._wait_with(self._apps, until_ns, events)
        self._settle(events)

    def _wait_with(self, apps: Apps, until_ns: int, events: list[StackEvent]) -> None:
        """Wait for the TUN, for the apps, and for calls of process 0, in the case's own thread."""
        apps.begin_advance(until_ns)
        sources = select.poll()
        for fd in (self._made.tun, apps.fileno(), self._bell):
            sources.register(fd, select.POLLIN)
        left_ms = -((self._clock.now_ns() - until_ns) // NS_PER_MS)
        ready = {fd for fd, _ in sources.poll(max(left_ms, 0))}
        self._inlet.read(events)
        if self._bell in ready:
            os.eventfd_read(self._bell)
        events += apps.finish() if apps.fileno() in ready else apps.stop()

    def _wait(self, until_ns: int, events: list[StackEvent]) -> None:
        arrivals = self._inlet.arrivals
        self._reader.arm(self._inlet)
        try:
            while not events and not self._closing:
                left_ns = until_ns - self._clock.now_ns()
                if left_ns <= 0:
                    break
                try:
                    came = arrivals.get(left_ns / NS_PER_S)
                except Empty:
                    break
                events += came if came is not None else self._calls.collect()
        finally:
            self._reader.disarm(self._inlet)
            self._take_late(events)

    def _take_late(self, events: list[StackEvent]) -> None:
        """What the reader had put down before it was told to stop."""
        with suppress(Empty):
            while True:
                came = self._inlet.arrivals.get_nowait()
                if came is not None:
                    events += came

    def _read_state(self, local: tuple[str, int], remote: tuple[str, int] | None) -> StateRead:
        found = self._diagnose().find(local, remote)
        state = found.state if found is not None else "CLOSED"
        return StateRead(self._clock.now_ns(), state, found.numbers if found is not None else {})

    def _read_stats(self) -> StatsRead:
        numbers = {"sockets": 0, "rcv.queue": 0, "snd.queue": 0}
        for each in self._diagnose().every():
            numbers["sockets"] += 1
            numbers[each.state] = numbers.get(each.state, 0) + 1
            if each.state != "LISTEN":
                numbers["rcv.queue"] += each.numbers["rcv.queue"]
                numbers["snd.queue"] += each.numbers["snd.queue"]
        return StatsRead(self._clock.now_ns(), numbers)

    def _diagnose(self) -> SocketDiagnosis:
        if self._diagnosis is None:
            self._diagnosis = SocketDiagnosis(self._made.namespace)
        return self._diagnosis

    def _look_around(self) -> None:
        """Wake the case that waits, from whatever thread."""
        self._inlet.wake()
        if self._bell >= 0:
            os.eventfd_write(self._bell, 1)

    def _destroy_orphans(self) -> None:
        """Abort connections that outlive their descriptor: each would keep the namespace alive.

        Those of the guest app are known; what the app processes have is looked up.
        """
        with suppress(OSError, TcpassayError):
            for local, remote in self._calls.closed:
                self._diagnose().destroy(local, remote)
            if self._apps is not None:
                for each in self._diagnose().every():
                    self._diagnose().destroy(each.local, each.remote)
