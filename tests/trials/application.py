"""The application of one host: two tasks, one that writes and one that reads, then the end.

Tasks are generators. They yield the calls they make and the times they wait, and get what a call
returned; whoever runs them knows the time.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from tests.trials.broken import demand
from tests.trials.schedule import Ending, Program

Tagged = tuple[str, object]


class Call(NamedTuple):
    """A socket call that a task makes."""

    name: str
    args: tuple[Tagged, ...]


class Returned(NamedTuple):
    """What it returned."""

    value: int
    errno: str | None
    out: tuple[Tagged, ...]


#: A task yields a call, or nanoseconds to wait; it is sent what the call returned.
Task = Generator[Call | int, Returned, None]


class Application:
    """One end's program at work, and what came of it.

    `expected` is the stream of the other side: what arrives is compared octet by octet.
    """

    def __init__(self, program: Program, expected: bytes) -> None:
        self.program = program
        self.expected = expected
        self.fd = -1
        self.delivered = 0
        self.accepted = 0
        self.saw_end = False
        self.writing = True
        self.reading = True
        self.closed = False
        self.errors: list[tuple[str, str]] = []

    # Opening.
    def listen(self, made: tuple[Tagged, ...], here: tuple[str, int]) -> Task:
        """Wait for one connection."""
        listener = (yield Call("socket", made)).value
        fd = ("fd", listener)
        yield from self.prepare(listener)
        yield Call("bind", (fd, ("address", here)))
        yield Call("listen", (fd, ("length", 1)))
        returned = yield Call("accept", (fd,))
        self.note("accept", returned)
        self.fd = returned.value
        yield Call("close", (fd,))

    def connect(
        self,
        made: tuple[Tagged, ...],
        here: tuple[str, int] | None,
        there: tuple[str, int],
        *,
        fast: bool = False,
    ) -> Task:
        """Open actively; `fast`: with the first piece of the stream."""
        self.fd = (yield Call("socket", made)).value
        yield from self.prepare(self.fd)
        if here is not None:
            yield Call("bind", (("fd", self.fd), ("address", here)))
        fd, where = ("fd", self.fd), ("address", there)
        if fast:
            first = ("octets", self.program.stream[: self.program.write_size])
            returned = yield Call("sendmsg", (fd, first, ("flags", ("MSG_FASTOPEN",)), where))
            self.accepted = max(0, returned.value)
        else:
            returned = yield Call("connect", (fd, where))
        self.note("connect", returned)

    def prepare(self, fd: int) -> Task:
        """Options that must stand before the handshake."""
        program = self.program
        for level, name, value in (
            ("IPPROTO_TCP", "TCP_MAXSEG", program.max_segment),
            ("IPPROTO_TCP", "TCP_KEEPIDLE", program.keepalive_s),
            ("SOL_SOCKET", "SO_KEEPALIVE", program.keepalive_s),
            ("IPPROTO_TCP", "TCP_FASTOPEN", 5),
        ):
            if value:
                names = ("name", level), ("name", name)
                yield Call("setsockopt", (("fd", fd), *names, ("value", value)))
        if program.linger_s:
            yield from self.set_linger(fd, self.program.linger_s)

    @staticmethod
    def set_linger(fd: int, seconds: int) -> Task:
        """SO_LINGER."""
        option = ("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, seconds))
        yield Call("setsockopt", (("fd", fd), *option))

    def note(self, name: str, returned: Returned) -> bool:
        """Remember an error; whether there was none."""
        if returned.errno is not None:
            self.errors.append((name, returned.errno))
        return returned.errno is None

    # Moving the streams.
    def write(self) -> Task:
        """Send the stream, piece by piece."""
        stream, size = self.program.stream, self.program.write_size
        for start in range(self.accepted, len(stream), size):
            octets = ("octets", stream[start : start + size])
            returned = yield Call("send", (("fd", self.fd), octets))
            self.accepted += max(0, returned.value)
            if not self.note("send", returned):
                break
        if not self.errors and self.program.ending is Ending.SHUTDOWN:
            returned = yield Call("shutdown", (("fd", self.fd), ("name", "SHUT_WR")))
            self.note("shutdown", returned)
        self.writing = False
        yield from self.close()

    def read(self) -> Task:
        """Read to where the program says, with a stop on the way."""
        program, stop_time = self.program, self.program.stop_time
        while self.wants_more():
            if stop_time and self.delivered >= program.stop_after:
                yield stop_time
                stop_time = 0
            length = min(program.read_size, self.limit() - self.delivered)
            if program.peeks:
                flags = ("flags", ("MSG_PEEK",))
                peeked = yield Call("recv", (("fd", self.fd), ("length", length), flags))
                if not self.note("recv", peeked):
                    break
                self.compare(octets_of(peeked))
            whole: Tagged = ("flags", ("MSG_WAITALL",) if program.waits_for_all else ())
            returned = yield Call("recv", (("fd", self.fd), ("length", length), whole))
            if not self.note("recv", returned):
                break
            octets = octets_of(returned)
            self.compare(octets)
            self.delivered += len(octets)
            self.saw_end = not octets
        self.reading = False
        yield from self.close()

    def wants_more(self) -> bool:
        """Whether the program reads on."""
        return not (self.saw_end or self.closed) and self.delivered < self.limit()

    def limit(self) -> int:
        """How many octets the program wants before it closes."""
        if self.program.ending is Ending.CLOSE:
            return len(self.expected)
        return self.program.read_limit

    def compare(self, octets: bytes) -> None:
        """What arrives is the other side's stream from where we are."""
        due = self.expected[self.delivered : self.delivered + len(octets)]
        demand(octets == due, "octets arrive as they were sent", f"at {self.delivered}")

    # Ending.
    def close(self) -> Task:
        """Close once both tasks are through."""
        if not (self.writing or self.reading or self.closed):
            self.closed = True
            self.note("close", (yield Call("close", (("fd", self.fd),))))

    def abort(self) -> Task:
        """Close with a linger time of zero, whatever is under way."""
        if not self.closed:
            self.closed = True
            yield from self.set_linger(self.fd, 0)
            yield Call("close", (("fd", self.fd),))


def octets_of(returned: Returned) -> bytes:
    """The octets that recv() returned; none when it failed."""
    octets = dict(returned.out).get("octets", b"")
    return octets if isinstance(octets, bytes) else b""
