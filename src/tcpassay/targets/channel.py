"""Our side of one agent: start it, hear its HELLO, give it commands, watch it."""

from __future__ import annotations

import select
import signal
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from tcpassay.core.clock import NS_PER_S
from tcpassay.core.errors import (
    AgentFault,
    ConfigurationError,
    StackFault,
    TargetUnavailableError,
    TcpassayError,
)
from tcpassay.core.events import Advance, Outcome
from tcpassay.targets.messages import (
    Fields,
    Hello,
    Start,
    command_frame,
    read_event,
    read_hello,
    read_idle,
    start_frame,
)
from tcpassay.targets.program import Program
from tcpassay.targets.protocol import EX_AGENT, Decoder, Frame, ProtocolError, Type, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Command, Idle, StackEvent
    from tcpassay.targets.program import Launch

T = TypeVar("T")

#: Events that one step may bring before the stack counts as never idle.
MAX_EVENTS: Final = 100_000

_CHUNK: Final = 1 << 18
_LAST_WORDS_S: Final = 2.0
_GRACE_S: Final = 1.0


class AgentChannel:
    """One agent, past its HELLO. To be used by one thread, the one that made it.

    Making it raises TargetUnavailableError when the program cannot be started, dies before
    HELLO or does not say HELLO within `hello_s`; AgentFault for another protocol version.
    `execute` raises StackFault (with `stderr`) when the agent dies by a signal or an exit status
    other than 0 and 70, prints a sanitizer's text, or is not idle within `watchdog_s`;
    AgentFault for exit status 0 or 70 and for whatever breaks the protocol. The first fault is
    raised again by every later call.
    """

    def __init__(self, launch: Launch, *, watchdog_s: float = 5.0, hello_s: float = 10.0) -> None:
        self._name = launch.name
        self._command = " ".join(launch.command[:3])
        self._watchdog_s = watchdog_s
        self._program = Program(launch)
        self._socket = self._program.channel
        self._decoder = Decoder()
        self._frames: deque[Frame] = deque()
        self._outstanding: deque[tuple[int, float]] = deque()
        self._step = 0
        self._now_ns = 0
        self._greeted = False
        self._closed = False
        self._fault: TcpassayError | None = None
        self._poll = select.poll()
        for fd in (self._socket.fileno(), self._program.output, self._program.pidfd):
            self._poll.register(fd, select.POLLIN)
        self.hello = self._guarded(lambda: self._hear_hello(hello_s))

    @property
    def stderr(self) -> str:
        """The end of what the agent has printed."""
        return self._program.stderr

    @property
    def pid(self) -> int:
        """The agent's process id."""
        return self._program.pid

    def fileno(self) -> int:
        """The channel's descriptor: readable when the agent has something to say."""
        return self._socket.fileno()

    def start(self, start: Start) -> Outcome:
        """Say what the stack is to be. Raises ConfigurationError where the agent refuses it."""
        self._guarded(lambda: self._send(start_frame(start), 0, self._watchdog_s))
        return self.finish()

    def execute(self, command: Command) -> Outcome:
        """Give one command and wait for idle."""
        self.begin(command)
        return self.finish()

    def begin(self, command: Command) -> None:
        """Give a command without waiting; `finish` brings its outcome.

        A second command may be given before that only to an agent whose clock is real, to end
        an Advance early: the outcomes then come in the order of the commands.
        """
        self._step = (self._step + 1) & 0xFFFFFFFF
        within_s = self._watchdog_s
        if type(command) is Advance and self.hello.clock == "real":
            within_s += max(0, command.until_ns - self._now_ns) / NS_PER_S
        self._guarded(lambda: self._send(command_frame(command, self._step), self._step, within_s))

    def finish(self) -> Outcome:
        """The outcome of the earliest command that has not been answered."""
        return self._guarded(self._answer)

    def close(self) -> None:
        """End the agent and all it started; may be called twice and never raises."""
        if self._closed:
            return
        self._closed = True
        well = self._fault is None and not self._outstanding
        if well:
            try:
                self._socket.send(encode(Type.BYE, self._step, 0, b"{}"))
            except OSError:
                well = False
        self._program.stop(_GRACE_S if well else 0)
        self._fault = self._fault or TcpassayError(f"{self._name}: the agent has been closed")

    def _guarded(self, action: Callable[[], T]) -> T:
        if self._fault is not None:
            raise self._fault
        try:
            return action()
        except ProtocolError as error:
            self._fault = AgentFault(f"{self._name}: {error}{self._last_line()}")
            self.close()
            raise self._fault from None
        except TcpassayError as fault:
            self._fault = fault
            self.close()
            raise
        except BaseException:
            self.close()
            raise

    def _hear_hello(self, within_s: float) -> Hello:
        hello = read_hello(self._next(time.monotonic() + within_s, within_s))
        self._greeted = True
        return hello

    def _send(self, frame: bytes, step: int, within_s: float) -> None:
        until = time.monotonic() + within_s
        self._outstanding.append((step, within_s))
        while frame:
            try:
                frame = frame[self._socket.send(frame) :]
            except BlockingIOError:
                self._wait_for_room(until, within_s)
            except ConnectionError:
                self._ended()
            except OSError as error:
                raise ProtocolError(
                    f"a frame of {len(frame)} octets cannot be sent: {error.strerror}"
                ) from None

    def _wait_for_room(self, until: float, within_s: float) -> None:
        left = until - time.monotonic()
        room = select.poll()
        room.register(self._socket.fileno(), select.POLLOUT)
        if left <= 0 or not room.poll(left * 1000):
            self._hung(within_s)

    def _answer(self) -> Outcome:
        """Events up to IDLE; those before the first TIME have happened at IDLE's own time."""
        step, within_s = self._outstanding[0]
        until = time.monotonic() + within_s
        events: list[StackEvent] = []
        unstamped: int | None = None
        t_ns = guess = self._now_ns
        while (frame := self._next(until, within_s)).type != Type.IDLE or frame.step != step:
            if frame.step != step:
                raise ProtocolError(
                    f"{Type(frame.type).name} names step {frame.step}, wanted the command's, {step}"
                )
            if frame.type == Type.TIME:
                t_ns = Fields(frame).integer("t_ns")
                unstamped = len(events) if unstamped is None else unstamped
            elif frame.type == Type.REFUSED and step == 0:
                raise ConfigurationError(f"target {self._name!r}: {Fields(frame).text('reason')}")
            elif len(events) == MAX_EVENTS:
                self._raise_stack(f"sent {MAX_EVENTS} events in one step without being idle")
            else:
                events.append(read_event(frame, t_ns))
        self._outstanding.popleft()
        idle = self._read_idle(frame)
        if idle.now_ns != guess:
            for index, event in enumerate(events[:unstamped]):
                events[index] = event._replace(t_ns=idle.now_ns)
        return Outcome(events, idle)

    def _read_idle(self, frame: Frame) -> Idle:
        idle = read_idle(frame)
        if idle.now_ns < self._now_ns:
            raise ProtocolError(
                f"IDLE says {idle.now_ns} ns after an earlier one said "
                f"{self._now_ns} ns: the clock went back"
            )
        self._now_ns = idle.now_ns
        if self._program.sanitizer:
            self._raise_stack("printed a sanitizer's report")
        return idle

    def _next(self, until: float, within_s: float) -> Frame:
        while not self._frames:
            self._receive(until, within_s)
        return self._frames.popleft()

    def _receive(self, until: float, within_s: float) -> None:
        """Wait for octets of the agent's, taking in what it prints meanwhile."""
        left = until - time.monotonic()
        ready = [fd for fd, _ in self._poll.poll(max(0, int(left * 1000) + 1))] if left > 0 else []
        if not ready:
            self._hung(within_s)
        if self._program.output in ready and not self._program.read_output():
            self._poll.unregister(self._program.output)
        if self._socket.fileno() in ready:
            try:
                octets = self._socket.recv(_CHUNK)
            except ConnectionError:
                octets = b""
            if not octets:
                self._ended()
            self._frames.extend(self._decoder.feed(octets))
        elif self._program.pidfd in ready:
            self._ended()

    def _hung(self, within_s: float) -> NoReturn:
        self._program.read_output()
        if not self._greeted:
            raise TargetUnavailableError(
                f"target {self._name!r}: no HELLO from {self._command} within {within_s:g} s"
                f"{self._last_line()}"
            )
        self._raise_stack(f"was not idle within the watchdog's {within_s:g} s")

    def _ended(self) -> NoReturn:
        """Tell whose fault it is that the channel is at its end or the program gone."""
        gone = self._program.ended(_LAST_WORDS_S)
        torn = self._decoder.pending
        status = self._program.stop(0)
        what = _how(status) if gone else "closed its channel and went on running"
        if not self._greeted:
            raise TargetUnavailableError(
                f"target {self._name!r}: {self._command} {what} before HELLO{self._last_line()}"
            )
        if self._program.sanitizer:
            self._raise_stack(f"printed a sanitizer's report and {what}")
        if gone and status not in (0, EX_AGENT):
            self._raise_stack(what)
        inside = f" inside a frame, {torn} octets into it" if torn else ""
        raise AgentFault(f"{self._name}: the agent {what}{inside}{self._last_line()}")

    def _raise_stack(self, what: str) -> NoReturn:
        raise StackFault(f"{self._name}: the stack {what}{self._last_line()}", stderr=self.stderr)

    def _last_line(self) -> str:
        lines = self.stderr.strip().splitlines()
        return f"; it printed last: {lines[-1].strip()[:200]}" if lines else ""


def _how(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"died by {signal.Signals(-status).name}"
    except ValueError:
        return f"died by signal {-status}"
