"""Several senders of the reference stack, one drop-tail queue and one sink, in virtual time.

The shape is the dumbbell of RFC 5166: what the senders send shares one link of a given rate, in
front of it a queue of so many datagrams; what comes when it is full is dropped. The way back has
the delay only.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tcpref.assay import Assay, open_stack

if TYPE_CHECKING:
    from collections.abc import Callable

SINK = "192.0.2.1"
PORT = 7777
NS_PER_S = 1_000_000_000
PIECE = bytes(65_536)
_STREAM = ("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0)


class Link(NamedTuple):
    """Rate in octets a second, delay of each direction in ns, room of the queue in datagrams."""

    rate: int
    delay_ns: int
    room: int


class Flow:
    """One sender: its host, and what of its text the sink has read."""

    def __init__(self, host: Assay, starts_ns: int) -> None:
        self.host = host
        self.starts_ns = starts_ns
        self.octets = 0


class Bottleneck:
    """Senders that send without end, from the moments given in `starts_ns`.

    Datagrams of one sender keep their order; each spends up to the time of one full segment on the
    link with its host first, which keeps flows from falling into step (RFC 5166, 2.7).
    """

    def __init__(
        self, link: Link, starts_ns: tuple[int, ...], seed: int = 0, **settings: object
    ) -> None:
        self.now = 0
        self.dropped = self.carried = 0
        self._link = link
        self._random = Random(seed)
        addresses = [SINK, *(f"192.0.2.{n + 2}" for n in range(len(starts_ns)))]
        self._hosts = [
            open_stack({"seed": seed * 16 + n, "addresses": [address], "settings": settings})
            for n, address in enumerate(addresses)
        ]
        self.flows = [
            Flow(host, start) for host, start in zip(self._hosts[1:], starts_ns, strict=True)
        ]
        self._ends = {bytes(map(int, a.split("."))): n for n, a in enumerate(addresses)}
        self._agenda: list[tuple[int, int, int, bytes]] = []
        self._order, self._ids = count(), count(1)
        self._queue: deque[int] = deque()
        self._ready_ns = [0] * len(addresses)
        self._then: dict[int, Callable[[int], None]] = {}
        for number, flow in enumerate(self.flows):
            self._listen(PORT + number, partial(self._read, flow))

    def run(self, until_ns: int) -> None:
        """Let everything happen up to `until_ns`."""
        while (due := self._next_ns()) <= until_ns:
            self.now = max(self.now, due)
            while self._agenda and self._agenda[0][0] <= self.now:
                _, _, end, octets = heappop(self._agenda)
                self._hosts[end].on_datagram(octets, self.now)
                self._collect(end)
            for end, host in enumerate(self._hosts):
                if (timeout := host.next_timeout()) is not None and timeout <= self.now:
                    host.on_timer(self.now)
                    self._collect(end)
            for end, flow in enumerate(self.flows, 1):
                if 0 <= flow.starts_ns <= self.now:
                    flow.starts_ns = -1
                    self._open(end, PORT + end - 1)
        self.now = until_ns

    def _next_ns(self) -> int:
        times = [self._agenda[0][0]] if self._agenda else []
        times += [at for host in self._hosts if (at := host.next_timeout()) is not None]
        times += [flow.starts_ns for flow in self.flows if flow.starts_ns >= 0]
        return min(times, default=1 << 62)

    # The link.
    def _collect(self, end: int) -> None:
        for event in self._hosts[end].take_output():
            match event:
                case ("datagram", bytes(octets)):
                    self._carry(end, octets)
                case ("return", int(call), _, int(value), None, tuple()):
                    self._then.pop(call)(value)
                case ("return", *what):
                    raise RuntimeError(f"a call failed: {what}")

    def _carry(self, end: int, octets: bytes) -> None:
        """Put a datagram on its way, or drop it where the queue is full."""
        link, at = self._link, self.now
        if end:
            at += self._random.randrange(1 + 1_500 * NS_PER_S // link.rate)
            at = self._ready_ns[end] = max(at, self._ready_ns[end])
            queue = self._queue
            while queue and queue[0] <= at:
                queue.popleft()
            if len(queue) >= link.room:
                self.dropped += 1
                return
            at = max(at, queue[-1] if queue else 0) + len(octets) * NS_PER_S // link.rate
            queue.append(at)
        self.carried += 1
        heappush(
            self._agenda,
            (at + link.delay_ns, next(self._order), self._ends[octets[16:20]], octets),
        )

    # The applications.
    def _call(
        self, end: int, name: str, *args: tuple[str, object], then: Callable[[int], None]
    ) -> None:
        number = next(self._ids)
        self._then[number] = then
        self._hosts[end].call(number, 0, name, args, self.now)
        self._collect(end)

    def _listen(self, port: int, then: Callable[[int], None]) -> None:
        """Wait for one connection to a port of the sink; `then` gets its descriptor."""

        def bind(fd: int) -> None:
            address = ("address", (SINK, port))
            self._call(0, "bind", ("fd", fd), address, then=lambda _: listen(fd))

        def listen(fd: int) -> None:
            backlog = ("length", 1)
            self._call(0, "listen", ("fd", fd), backlog, then=lambda _: accept(fd))

        def accept(fd: int) -> None:
            self._call(0, "accept", ("fd", fd), then=then)

        self._call(0, "socket", *_STREAM, then=bind)

    def _open(self, end: int, port: int) -> None:
        """Connect a sender, and let it send as fast as send() takes it."""

        def connect(fd: int) -> None:
            address = ("address", (SINK, port))
            self._call(end, "connect", ("fd", fd), address, then=lambda _: write(fd))

        def write(fd: int) -> None:
            text = ("octets", PIECE), ("flags", ())
            self._call(end, "send", ("fd", fd), *text, then=lambda _: write(fd))

        self._call(end, "socket", *_STREAM, then=connect)

    def _read(self, flow: Flow, fd: int) -> None:
        def got(octets: int) -> None:
            flow.octets += octets
            self._read(flow, fd)

        size = ("length", len(PIECE)), ("flags", ())
        self._call(0, "recv", ("fd", fd), *size, then=got)
