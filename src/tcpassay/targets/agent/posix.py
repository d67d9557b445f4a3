"""The agent for app processes: a supervisor that forks them and hands the calls on to them.

It makes no link and no datagram: the tester holds the TUN of the namespace that the agent was
started in. Its clock is real: nanoseconds since the moment of `time.monotonic_ns()` that the
setting `origin_ns` of START names.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.errors import AgentFault, TcpassayError
from tcpassay.core.events import (
    Advance,
    Cancel,
    Exited,
    Idle,
    Kill,
    Outcome,
    Returned,
    Spawn,
    StartCall,
)
from tcpassay.targets.agent.app_process import AppProcess, Nursery
from tcpassay.targets.agent.descriptors import raised
from tcpassay.targets.agent.link import Link
from tcpassay.targets.agent.serve import answer
from tcpassay.targets.messages import (
    Fields,
    Hello,
    command_frame,
    hello_frame,
    read_command,
    read_event,
    read_idle,
    read_start,
)
from tcpassay.targets.namespace.calls import CALL_NAMES
from tcpassay.targets.orphans import die_with
from tcpassay.targets.protocol import EX_AGENT, PROTOCOL, Type

if TYPE_CHECKING:
    from tcpassay.core.events import Command, StackEvent

_PR_SET_CHILD_SUBREAPER: Final = 36
_NS_PER_MS: Final = 1_000_000
_BIRTH_S: Final = 3.0
_DEATH_MS: Final = 5000
_MORTAL: Final = frozenset(
    {"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGSEGV"}
)


class App(NamedTuple):
    """An app process, as its supervisor sees it."""

    number: int
    pid: int
    link: Link


class Supervisor:
    """Answers the tester's commands for all app processes."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._origin_ns = 0
        self._nursery = Nursery()
        self._apps: dict[int, App] = {}
        self._blocked: dict[int, tuple[int, ...]] = {}
        self._step = 0

    def now_ns(self) -> int:
        """The time since the origin."""
        return time.monotonic_ns() - self._origin_ns

    def run(self) -> None:
        """Serve from HELLO to BYE or end of file. Raises AgentFault."""
        system = os.uname()
        version = f"{system.sysname} {system.release}"
        self._link.write(
            hello_frame(Hello(PROTOCOL, "posix", version, "real", ("processes",), CALL_NAMES))
        )
        frame = self._link.read()
        if frame is None:
            return
        origin = read_start(frame).settings.get("origin_ns")
        self._origin_ns = origin if isinstance(origin, int) else time.monotonic_ns()
        events: list[StackEvent] = []
        self._spawn(Spawn(1), events)
        self._link.write(answer(self._outcome(events), 0))
        while (frame := self._link.read()) is not None and frame.type != Type.BYE:
            events = []
            self._obey(read_command(frame), events)
            self._link.write(answer(self._outcome(events), frame.step))

    def _outcome(self, events: list[StackEvent]) -> Outcome:
        blocked = tuple(call for calls in self._blocked.values() for call in calls)
        events.sort(key=lambda event: event.t_ns)
        return Outcome(events, Idle(self.now_ns(), None, blocked))

    def _obey(self, command: Command, events: list[StackEvent]) -> None:
        match command:
            case StartCall(call) if call.process not in self._apps:
                events.append(Returned(self.now_ns(), call.id, call.process, -1, "ESRCH"))
            case StartCall(call):
                self._ask(self._apps[call.process], command, events)
            case Cancel(call_id):
                self._cancel(call_id, events)
            case Advance(until_ns):
                self._advance(until_ns, events)
                return
            case Spawn():
                self._spawn(command, events)
            case Kill():
                self._kill(command, events)
            case _:
                raise AgentFault(
                    f"the posix agent makes socket calls only; it has no {type(command).__name__}"
                )
        self._settle(events)

    def _settle(self, events: list[StackEvent]) -> None:
        """Ask the apps until none has anything to tell: one may wake another.

        Only an app with a blocked call, or one that asks for it, can have something to tell.
        """
        before = -1
        while before != len(events):
            before = len(events)
            ready = self._wait(0)
            for app in list(self._apps.values()):
                if self._blocked.get(app.number) or app.link.fileno() in ready:
                    self._ask(app, Advance(0), events)

    def _wait(self, within_ms: int) -> set[int]:
        """The descriptors that are readable within this time, the channel's among them."""
        sources = select.poll()
        for link in (self._link, *(app.link for app in self._apps.values())):
            sources.register(link.fileno(), select.POLLIN)
        return {fd for fd, _ in sources.poll(within_ms)}

    def _advance(self, until_ns: int, events: list[StackEvent]) -> None:
        """Wait for an event of an app, for `until_ns`, or for the tester's next command."""
        self._settle(events)
        while not events and not self._link.pending:
            left_ms = -((self.now_ns() - until_ns) // _NS_PER_MS)
            if left_ms <= 0:
                return
            ready = self._wait(left_ms)
            if self._link.fileno() in ready:
                return
            if ready:
                self._settle(events)

    def _ask(self, app: App, command: Command, events: list[StackEvent]) -> None:
        """Have one app obey a command and settle; its death is an event."""
        self._step = (self._step + 1) & 0xFFFFFFFF
        app.link.write(command_frame(command, self._step))
        t_ns: int | None = None
        told: list[StackEvent] = []
        while (frame := app.link.read()) is not None:
            if frame.type == Type.IDLE:
                idle = read_idle(frame)
                self._blocked[app.number] = idle.blocked
                events += told
                return
            if frame.type == Type.TIME:
                t_ns = Fields(frame).integer("t_ns")
            else:
                told.append(read_event(frame, self.now_ns() if t_ns is None else t_ns))
        events += told
        self._bury(app, events)

    def _bury(self, app: App, events: list[StackEvent]) -> None:
        _, status = os.waitpid(app.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        del self._apps[app.number]
        self._blocked.pop(app.number, None)
        os.close(app.link.fileno())
        if code == EX_AGENT:
            raise AgentFault(f"app process {app.number} gave up; see above")
        events.append(Exited(self.now_ns(), app.number, code))

    def _cancel(self, call_id: int, events: list[StackEvent]) -> None:
        for number, calls in self._blocked.items():
            if call_id in calls:
                self._ask(self._apps[number], Cancel(call_id), events)
                return

    def _spawn(self, command: Spawn, events: list[StackEvent]) -> None:
        if command.process in self._apps:
            raise AgentFault(f"process {command.process} is there already")
        if command.fork_of is None:
            pid = os.fork()
            if pid == 0:
                AppProcess(self._nursery, self.now_ns).live(command.process, command.user)
        elif command.fork_of in self._apps:
            self._ask(self._apps[command.fork_of], command, events)
        else:
            raise AgentFault(f"process {command.fork_of} is not there to be forked")
        pid, control = self._nursery.take(_BIRTH_S)
        self._apps[command.process] = App(command.process, pid, Link(control))

    def _kill(self, command: Kill, events: list[StackEvent]) -> None:
        app = self._apps.get(command.process)
        number = getattr(signal, command.signal, None)
        if app is None or not isinstance(number, signal.Signals):
            raise AgentFault(f"cannot send {command.signal} to process {command.process}")
        os.kill(app.pid, number)
        if command.signal in _MORTAL:
            gone = select.poll()
            gone.register(app.link.fileno(), 0)
            if gone.poll(_DEATH_MS):
                self._ask(app, Advance(0), events)


def run(fd: int, tester: int | None = None) -> int:
    """Be the supervisor on a channel; the exit status. Ends with `tester`, its parent."""
    if tester is not None:
        die_with(tester)
    link = Link(raised(fd))
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        Supervisor(link).run()
    except TcpassayError as error:
        sys.stderr.write(f"{error}\n")
        return EX_AGENT
    return 0
