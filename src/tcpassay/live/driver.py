"""A stack with a virtual clock run in real time: one poll loop, one thread.

The loop lets the stack's time follow the system's monotonic clock, carries datagrams between the
link and the stack, and resumes each program (`tcpassay.live.calls`) when its call returns.
"""

from __future__ import annotations

import os
import select
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from tcpassay.core.clock import NS_PER_MS, RealClock
from tcpassay.core.errors import TargetUnavailableError, TcpassayError
from tcpassay.core.events import Advance, Call, Datagram, Idle, Kill, Returned, Sent, StartCall

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from tcpassay.core.events import Command
    from tcpassay.live.calls import Request
    from tcpassay.live.stopping import StopSignals
    from tcpassay.targets.contract import Stack

    Program = Coroutine[Request, Returned, object]

T = TypeVar("T")

#: Datagrams taken from the link before the clock is looked at again.
BATCH: Final = 64
LARGEST_DATAGRAM: Final = 65_535
PROCESS: Final = 0


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
        self._waiting: dict[int, Program] = {}
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
        """End every program and the process that they ran in, so that peers hear of it."""
        for program in [program for program, _ in self._ready] + [*self._waiting.values()]:
            program.close()
        self._ready.clear()
        self._waiting.clear()
        with suppress(TcpassayError):  # A stack or link that has failed has said so already.
            self._give(Kill(PROCESS))

    def _stopped(self) -> bool:
        return self._stop is not None and self._stop.caught is not None

    def _turn(self) -> None:
        """Do what can be done, then wait for the link or for the stack's next time-out."""
        self._resume()
        self._poll.poll(self._wait_ms())
        self._follow_clock()
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
            self._waiting[self._calls] = program
            self._give(StartCall(Call(self._calls, PROCESS, request.name, request.args)))

    def _give(self, command: Command) -> bool:
        """Give the stack a command and deal with what happens; whether anything did."""
        events, self._idle = self._stack.execute(command)
        for event in events:
            if type(event) is Sent:
                self._write(event.octets)
            elif type(event) is Returned:
                program = self._waiting.pop(event.call, None)
                if program is not None:
                    self._ready.append((program, event))
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
