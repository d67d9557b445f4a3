"""Our side of one agent: start it, hear its HELLO, give it commands, watch it."""

from __future__ import annotations

import select
import signal
import socket
import struct
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NoReturn

from tcpassay.core.clock import NS_PER_S
from tcpassay.core.errors import (
    AgentFault,
    ConfigurationError,
    StackFault,
    TargetUnavailableError,
    TcpassayError,
)
from tcpassay.core.events import Advance, Idle, Outcome, Sent
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
from tcpassay.targets.sanitizers import in_one_line, report_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.core.events import Command, StackEvent
    from tcpassay.targets.program import Launch

#: Events, and octets, that one step may bring before the stack counts as never idle.
MAX_EVENTS: Final = 100_000
MAX_OCTETS: Final = 1 << 26

#: A tuple's own constructor: half the time of that of a class with names for its fields.
_new: Final = tuple.__new__

_CHUNK: Final = 1 << 18
_IDLE: Final = int(Type.IDLE)
_TIME: Final = int(Type.TIME)
_SENT: Final = int(Type.SENT)
_REFUSED: Final = int(Type.REFUSED)
_LONGEST_REASON: Final = 300
_LAST_WORDS_S: Final = 2.0
_GRACE_S: Final = 1.0
#: struct timeval: how long recv() waits before we look at what else has become of the agent.
_PATIENCE: Final = struct.pack("ll", 0, 20_000)
_AT_ONCE: Final = socket.MSG_DONTWAIT
_ENDS: Final = select.POLLHUP | select.POLLERR | select.POLLNVAL


class AgentChannel:
    """One agent, used by one thread at a time.

    Making it starts the program and raises TargetUnavailableError where that cannot be done.
    `greet` hears its HELLO and has to be called first. `start`, `execute`, `begin`, `begin_all`
    and `finish` raise StackFault (with `stderr`) when the agent dies by a signal or an exit status
    other than 0 and 70, prints a sanitizer's text, or is not idle within `watchdog_s`; AgentFault
    for exit status 0 or 70 and for whatever breaks the protocol. The first fault is raised again
    by every later call. `leave` takes over the program once `close` has told a well agent BYE;
    without it close waits for the agent to end.
    """

    hello: Hello

    def __init__(
        self,
        launch: Launch,
        *,
        watchdog_s: float = 5.0,
        leave: Callable[[Program], None] | None = None,
    ) -> None:
        self._name = launch.name
        self._command = " ".join(launch.command[:3])
        self._watchdog_s = watchdog_s
        self._leave = leave
        self._program = Program(launch)
        self._socket = self._program.channel
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PATIENCE)
        self._printed = select.poll()
        self._printed.register(self._program.output, select.POLLIN)
        self._room = memoryview(bytearray(_CHUNK))
        self._decoder = Decoder()
        self._frames: deque[Frame] = deque()
        self._outstanding: deque[tuple[int, float]] = deque()
        self._unsent: deque[memoryview] = deque()
        self._one_frame_a_packet = launch.seqpacket
        self._until: float | None = None
        self._octets = 0
        self._step = 0
        self._now_ns = 0
        self._idle = (b"", Idle(0, None, ()))
        self._greeted = False
        self._closed = False
        self._fault: TcpassayError | None = None

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

    def coverage(self) -> bytes | None:
        """The agent's counters, as `Program.coverage` has them."""
        return self._program.coverage()

    def greet(self, within_s: float = 10.0) -> Hello:
        """Hear HELLO. Raises TargetUnavailableError when the program dies before that or takes
        longer than `within_s`; AgentFault for another protocol version.
        """
        try:
            self._until = time.monotonic() + within_s
            self.hello = read_hello(self._next(within_s))
        except BaseException as error:
            self._broken(error)
        self._greeted = True
        return self.hello

    def start(self, start: Start) -> Outcome:
        """Say what the stack is to be. Raises ConfigurationError where the agent refuses it."""
        self._give(start_frame(start), 0, self._watchdog_s)
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
        step = self._step = (self._step + 1) & 0xFFFFFFFF
        within_s = self._watchdog_s
        if type(command) is Advance and self.hello.clock == "real":
            within_s += max(0, command.until_ns - self._now_ns) / NS_PER_S
        self._give(command_frame(command, step), step, within_s)

    def begin_all(self, commands: Sequence[Command]) -> None:
        """Give commands at once; as many times `finish` brings their outcomes in their order.

        What the agent has no room for yet is sent while their answers are read, so that both
        sides never wait for each other. None may be an Advance where the clock is real: the
        frame behind it would end it. What the agent prints is looked at after the last of them.
        """
        if self._fault is not None:
            raise self._fault
        try:
            frames: list[bytes] = []
            step = self._step
            for command in commands:
                step = (step + 1) & 0xFFFFFFFF
                frames.append(command_frame(command, step))
                self._outstanding.append((step, self._watchdog_s))
            self._step = step
            whole = frames if self._one_frame_a_packet else [b"".join(frames)]
            self._unsent.extend(map(memoryview, whole if frames else ()))
            self._feed()
        except BaseException as error:
            self._broken(error)

    def finish(self) -> Outcome:
        """The outcome of the earliest command that has not been answered."""
        if self._fault is not None:
            raise self._fault
        try:
            return self._answer()
        except BaseException as error:
            self._broken(error)

    def close(self) -> None:
        """End the agent and all it started; may be called twice and never raises."""
        if self._closed:
            return
        well = self._fault is None and not self._outstanding and self._greeted
        try:
            if well:
                self._socket.send(encode(Type.BYE, self._step, 0, b"{}"), _AT_ONCE)
        except OSError:
            well = False
        self._over()
        if well and self._leave is not None:
            self._socket.close()
            self._leave(self._program)
        else:
            self._program.stop(_GRACE_S if well else 0)

    def kill(self) -> None:
        """End the agent and all it started without a word."""
        self._over()
        self._program.stop(0)

    def _over(self) -> None:
        self._closed = True
        self._fault = self._fault or TcpassayError(f"{self._name}: the agent has been closed")

    def _broken(self, error: BaseException) -> NoReturn:
        """End the agent, and raise what ended it."""
        if isinstance(error, ProtocolError):
            self._fault = error = AgentFault(f"{self._name}: {error}{self._last_line()}")
        elif isinstance(error, TcpassayError):
            self._fault = error
        self.close()
        raise error from None

    def _give(self, frame: bytes, step: int, within_s: float) -> None:
        if self._fault is not None:
            raise self._fault
        self._outstanding.append((step, within_s))
        try:
            if (sent := self._sent(frame)) < len(frame):
                self._send_rest(frame[sent:], within_s)
        except BaseException as error:
            self._broken(error)

    def _sent(self, frame: bytes) -> int:
        """How many octets there was room for."""
        try:
            return self._send_at_once(frame)
        except ConnectionError:
            self._ended()

    def _send_at_once(self, frames: bytes | memoryview) -> int:
        """How many octets there was room for. Raises ConnectionError where nobody reads them."""
        try:
            return self._socket.send(frames, _AT_ONCE)
        except BlockingIOError:
            return 0
        except ConnectionError:
            raise
        except OSError as error:
            raise ProtocolError(
                f"a frame of {len(frames)} octets cannot be sent: {error.strerror}"
            ) from None

    def _feed(self) -> None:
        """Send of a burst what there is room for."""
        unsent = self._unsent
        try:
            while unsent:
                sent = self._send_at_once(unsent[0])
                if sent < len(unsent[0]):
                    unsent[0] = unsent[0][sent:]
                    return
                unsent.popleft()
        except ConnectionError:
            unsent.clear()  # The answers it gave before it ended are still to be read.

    def _send_rest(self, frame: bytes, within_s: float) -> None:
        until = time.monotonic() + within_s
        while frame:
            if not self._wait(select.POLLOUT, until):
                self._hung(within_s)
            frame = frame[self._sent(frame) :]

    def _answer(self) -> Outcome:
        """Events up to IDLE; those before the first TIME have happened at IDLE's own time."""
        step, within_s = self._outstanding[0]
        self._until, self._octets = None, 0
        events: list[StackEvent] = []
        unstamped: int | None = None
        t_ns = guess = self._now_ns
        frames = self._frames
        while True:
            frame = frames.popleft() if frames else self._next(within_s)
            kind, of_step, _, body = frame
            if of_step != step:
                raise ProtocolError(
                    f"{Type(kind).name} names step {of_step}, wanted the command's, {step}"
                )
            if kind == _IDLE:
                break
            if kind == _TIME:
                t_ns = self._read_time(frame)
                unstamped = len(events) if unstamped is None else unstamped
            elif kind == _REFUSED and step == 0:
                reason = " ".join(Fields(frame).text("reason").split())[:_LONGEST_REASON]
                raise ConfigurationError(f"target {self._name!r}: {reason}")
            elif len(events) == MAX_EVENTS:
                self._raise_stack(f"sent {MAX_EVENTS} events in one step without being idle")
            elif kind == _SENT:
                events.append(_new(Sent, (t_ns, body)))
            else:
                events.append(read_event(frame, t_ns))
        self._outstanding.popleft()
        idle = self._read_idle(frame, t_ns)
        if idle.now_ns != guess:
            for index, event in enumerate(events[:unstamped]):
                events[index] = event._replace(t_ns=idle.now_ns)
        return _new(Outcome, (events, idle))

    def _read_time(self, frame: Frame) -> int:
        t_ns = Fields(frame).integer("t_ns")
        # With a real clock an event may have missed the IDLE before.
        if t_ns < (self._now_ns if self.hello.clock == "virtual" else 0):
            raise ProtocolError(
                f"TIME says {t_ns} ns after IDLE said {self._now_ns} ns: the clock went back"
            )
        return t_ns

    def _read_idle(self, frame: Frame, t_ns: int) -> Idle:
        """The idle in a frame that follows events of `t_ns`; mostly the same as the last."""
        body, idle = self._idle
        if frame.body != body:
            idle = read_idle(frame)
            if idle.now_ns < t_ns:
                raise ProtocolError(
                    f"IDLE says {idle.now_ns} ns after an earlier frame said {t_ns} ns: "
                    "the clock went back"
                )
            self._now_ns = idle.now_ns
            self._idle = frame.body, idle
        if not self._outstanding and self._printed.poll(0):
            self._take_print()
        return idle

    def _take_print(self) -> None:
        if not self._program.read_output():
            self._printed.unregister(self._program.output)
        if self._program.report:
            self._raise_stack(f"printed {report_name(self._program.report)}")

    def _next(self, within_s: float) -> Frame:
        while not self._frames:
            self._receive(within_s)
        return self._frames.popleft()

    def _receive(self, within_s: float) -> None:
        """Wait for octets of the agent's: most answers are one recv() and no look at the time."""
        self._decoder.check()
        try:
            octets = self._recv_late(within_s) if self._unsent else self._recv()
        except BlockingIOError:
            octets = self._recv_late(within_s)
        except ConnectionError:
            octets = self._recv_last()
        if not octets:
            self._ended()
        self._frames.extend(self._decoder.feed(octets))
        if not self._frames or self._frames[-1].type != _IDLE:
            self._note_flood(len(octets), within_s)

    def _recv(self) -> bytes:
        """As much as there is. Room for much at once is dear to make anew: 25 us."""
        return bytes(self._room[: self._socket.recv_into(self._room)])

    def _recv_late(self, within_s: float) -> bytes:
        self._until = self._until or time.monotonic() + within_s
        if not self._wait(select.POLLIN, self._until):
            self._hung(within_s)
        try:
            return self._recv()
        except ConnectionError:
            return self._recv_last()

    def _recv_last(self) -> bytes:
        """What the agent said before it ended: SOCK_SEQPACKET tells of the end first."""
        try:
            return self._recv()
        except OSError:
            return b""

    def _note_flood(self, octets: int, within_s: float) -> None:
        """More has to come for this step: not for ever."""
        self._octets += octets
        self._until = self._until or time.monotonic() + within_s
        if self._octets > MAX_OCTETS:
            self._raise_stack(f"sent {self._octets} octets in one step without being idle")
        if time.monotonic() > self._until:
            self._hung(within_s)

    def _wait(self, wanted: int, until: float) -> bool:
        """Whether the channel becomes ready by then, taking in what the agent prints meanwhile
        and giving it the rest of a burst.
        """
        program, channel = self._program, self._socket.fileno()
        sources = select.poll()
        sources.register(channel, wanted | _room_wanted(self._unsent))
        sources.register(program.output, select.POLLIN)
        sources.register(program.pidfd, select.POLLIN)
        while (left := until - time.monotonic()) > 0:
            ready = dict(sources.poll(int(left * 1000) + 1))
            if program.output in ready and not program.read_output():
                sources.unregister(program.output)
            if ready.get(channel, 0) & (wanted | _ENDS):
                return True
            if channel in ready:
                self._feed()
                sources.modify(channel, wanted | _room_wanted(self._unsent))
            if program.pidfd in ready:
                self._ended()
        return False

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
        if self._program.report:
            self._raise_stack(f"printed {report_name(self._program.report)} and {what}")
        if gone and status not in (0, EX_AGENT):
            self._raise_stack(what)
        inside = f" inside a frame, {torn} octets into it" if torn else ""
        raise AgentFault(f"{self._name}: the agent {what}{inside}{self._last_line()}")

    def _raise_stack(self, what: str) -> NoReturn:
        report = self._program.report
        told = f": {in_one_line(report)}" if report else self._last_line()
        raise StackFault(f"{self._name}: the stack {what}{told}", stderr=report or self.stderr)

    def _last_line(self) -> str:
        lines = self.stderr.strip().splitlines()
        return f"; it printed last: {lines[-1].strip()[:200]}" if lines else ""


def _room_wanted(unsent: deque[memoryview]) -> int:
    """The event to wait for beside others."""
    return select.POLLOUT if unsent else 0


def _how(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"died by {signal.Signals(-status).name}"
    except ValueError:
        return f"died by signal {-status}"
