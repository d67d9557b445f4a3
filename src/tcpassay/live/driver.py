"""A stack with a virtual clock run in real time: one poll loop, one thread.

The loop lets the stack's time follow the system's monotonic clock, carries datagrams between the
link and the stack, and resumes each program (`tcpassay.live.calls`) when its call returns.
"""

from __future__ import annotations

import os
import select
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar, cast

from tcpassay.core.clock import NS_PER_MS, NS_PER_S, RealClock
from tcpassay.core.errors import TargetUnavailableError, TcpassayError
from tcpassay.core.events import (
    Advance,
    Call,
    Datagram,
    Idle,
    Kill,
    ReadStats,
    Returned,
    Sent,
    StartCall,
    StatsRead,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from tcpassay.core.events import Command, Tagged
    from tcpassay.live.calls import Request
    from tcpassay.live.stopping import StopSignals
    from tcpassay.targets.contract import Stack

    Program = Coroutine[Request, Returned, object]

T = TypeVar("T")

#: How long close() waits, at most and for the next datagram.
DRAIN_S: Final = 1.0
QUIET_MS: Final = 50
#: Datagrams taken from the link before the clock is looked at again.
BATCH: Final = 64
LARGEST_DATAGRAM: Final = 65_535
PROCESS: Final = 0

#: Calls that return a socket.
_OPENING: Final = frozenset({"socket", "accept"})
_NOBODY: Final = (None, False)


class Driver:
    """Runs programs over `stack`, whose link is the descriptor `link` of a TUN device.

    The stack's clock has to be virtual: it is moved to the time of the system's clock.
    """

    def __init__(self, stack: Stack, link: int, stop: StopSignals | None = None) -> None:
        self._stack = stack
        self._link = link
        self._stop = stop
        self._clock = RealClock()
        self._calls = 0
        self._waiting: dict[int, tuple[Program | None, bool]] = {}
        self._sockets: set[int] = set()
        self._ready: deque[tuple[Program, Returned | None]] = deque()
        self._idle = Idle(0, None, ())
        self._poll = select.poll()
        self._poll.register(link, select.POLLIN)
        if stop is not None:
            self._poll.register(stop.fd, select.POLLIN)

    def start(self, program: Program) -> None:
        """Let a program begin when the loop comes to it."""
        self._ready.append((program, None))

    def run_for_ever(self) -> None:
        """Run until a signal comes. Raises what programs and the stack raise."""
        while not self._stopped():
            self._turn()

    def run(self, program: Coroutine[Request, Returned, T]) -> T | None:
        """Run until `program` has ended; its result, or None after a signal."""
        result: list[T] = []

        async def kept() -> None:
            result.append(await program)

        self.start(kept())
        while not result and not self._stopped():
            self._turn()
        return result[0] if result else None

    def close(self) -> None:
        """End every program, and let peers hear of it before the stack goes.

        Each connection sends its FIN and has a moment to end, as long as something comes and for
        DRAIN_S at most; what has not ended by then is reset. A second signal cuts that short.
        """
        for program in [program for program, _ in self._ready] + [
            program for program, _ in self._waiting.values() if program is not None
        ]:
            program.close()
        self._ready.clear()
        self._waiting.clear()
        with suppress(TcpassayError):  # A stack or link that has failed has said so already.
            self._to_each("shutdown", ("name", "SHUT_WR"))
            self._drain()
            left = self._connections()
            level, option = ("name", "SOL_SOCKET"), ("name", "SO_LINGER")
            self._to_each("setsockopt", level, option, ("linger", (1, 0)))
            self._give(Kill(PROCESS))
            if left:
                self._drain(challenged=True)

    def _to_each(self, name: str, *args: Tagged) -> None:
        """Make a call on every socket; whether it fails is the socket's affair."""
        for fd in self._sockets:
            self._calls += 1
            self._give(StartCall(Call(self._calls, PROCESS, name, (("fd", fd), *args))))

    def _drain(self, *, challenged: bool = False) -> None:
        """Carry what still comes, until every connection has gone or nothing comes any more.

        A reset may be `challenged` (RFC 5961, 3.2); the stack answers that without a connection.
        """
        link = select.poll()
        link.register(self._link, select.POLLIN)
        end = self._clock.now_ns() + round(DRAIN_S * NS_PER_S)
        while (
            (challenged or self._connections())
            and self._clock.now_ns() < end
            and link.poll(QUIET_MS)
        ):
            self._follow_clock()
            self._carry()

    def _connections(self) -> int:
        """How many connections the stack has; 1 where it does not say."""
        for event in self._stack.execute(ReadStats()).events:
            if type(event) is StatsRead:
                return event.numbers.get("connections", 1)
        return 1

    def _stopped(self) -> bool:
        return self._stop is not None and self._stop.caught is not None

    def _turn(self) -> None:
        """Do what can be done, then wait for the link or for the stack's next time-out."""
        self._resume()
        self._poll.poll(self._wait_ms())
        self._follow_clock()
        self._carry()

    def _carry(self) -> None:
        """Take datagrams from the link, as many as wait but not for ever."""
        for _ in range(BATCH):
            octets = self._read()
            if not octets:
                return
            self._give(Datagram(octets))
            self._resume()

    def _wait_ms(self) -> int | None:
        """Until the next time-out, rounded up; None for as long as it takes."""
        deadline = self._idle.next_deadline_ns
        if deadline is None:
            return None
        return max(0, -((self._clock.now_ns() - deadline) // NS_PER_MS))

    def _follow_clock(self) -> None:
        """Let the stack live through the time that has passed, one time-out after the other."""
        now = self._clock.now_ns()
        while self._give(Advance(now)):
            self._resume()

    def _resume(self) -> None:
        """Let programs go on until each waits for a call."""
        while self._ready:
            program, returned = self._ready.popleft()
            try:
                request = program.send(returned)  # type: ignore[arg-type]  # None begins it
            except StopIteration:
                continue
            self._calls += 1
            self._waiting[self._calls] = program, request.name in _OPENING
            if request.name == "close":
                self._sockets.discard(cast("int", request.args[0][1]))
            self._give(StartCall(Call(self._calls, PROCESS, request.name, request.args)))

    def _give(self, command: Command) -> bool:
        """Give the stack a command and deal with what happens; whether anything did."""
        events, self._idle = self._stack.execute(command)
        for event in events:
            if type(event) is Sent:
                self._write(event.octets)
            elif type(event) is Returned:
                program, opens = self._waiting.pop(event.call, _NOBODY)
                if program is not None:
                    self._ready.append((program, event))
                    if opens and event.errno is None:
                        self._sockets.add(event.value)
        return bool(events)

    def _read(self) -> bytes:
        """The next datagram of the link, nothing when none waits."""
        try:
            return os.read(self._link, LARGEST_DATAGRAM)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost(error) from None

    def _write(self, octets: bytes) -> None:
        """Put a datagram on the link. Where the kernel has no room for it, it is lost."""
        try:
            os.write(self._link, octets)
        except BlockingIOError:
            return
        except OSError as error:
            raise self._lost(error) from None

    def _lost(self, error: OSError) -> TargetUnavailableError:
        return TargetUnavailableError(
            f"the TUN device is gone or down ({error.strerror}): has somebody deleted the "
            "namespace or taken the device down? Start again"
        )
