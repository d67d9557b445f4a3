"""docs/congestion-windows.svg: the reference stack and the kernel (reno) send the same text.

The link takes 10 ms each way and loses the same data segments of both, counted from the first; the
other end is the other stack. Needs root, for a network namespace of its own: `make docs-windows`.
"""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from docs.generate.curves import Curve, draw
from docs.generate.files import DOCS
from tcpassay.core.clock import NS_PER_S
from tcpassay.core.events import Advance, Datagram, Outcome, ReadState, Sent, StateRead
from tcpassay.live import calls
from tcpassay.live.driver import Driver
from tcpassay.live.stream import Stream
from tcpassay.targets.bursts import one_by_one
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.namespace import netns, tcpinfo
from tcpassay.targets.namespace.making import Recipe, make
from tcpassay.targets.registry import open_target
from tcpassay.targets.wrappers import Impair, Impairment
from tcpassay.wire import Segment, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import Command, Returned, StackEvent
    from tcpassay.targets.contract import Stack

    Program = Coroutine[calls.Request, Returned, object]

REFERENCE, KERNEL = ("192.0.2.1", 7001), ("192.0.2.2", 7002)
OCTETS, PIECE = 6_000_000, bytes(60_000)
#: Data segments that are lost, counted as they are sent; what is sent again counts as well.
LOST = frozenset({300, 620, 621, 1_100, 1_800, 1_810, 1_820, 2_700, 3_300})
#: With timestamps on an MTU of 1,500.
MSS = 1_448
DELAY_NS = 10_000_000
SAMPLE_S = 0.004
#: Seconds within which a transfer is over; mostly two.
LONGEST_S = 60
TITLE = "Congestion window in segments"
NOTE = f"{OCTETS // 1_000_000} MB, 20 ms there and back; the same data segments are lost of both"
#: No window of a receiver is to be in the way.
SETTINGS = {"rcv_buffer": 4_000_000, "snd_buffer": 1_000_000}
_KERNEL = Recipe(
    4,
    (KERNEL[0],),
    24,
    (
        ("net.ipv6.conf.all.disable_ipv6", "1"),
        ("net.ipv4.tcp_congestion_control", "reno"),
        ("net.ipv4.tcp_no_metrics_save", "1"),
    ),
)


class Watched:
    """The reference stack on a link that loses the data segments of `LOST`, of whichever side.

    `samples` are its congestion window in segments, by seconds.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._count = 0
        self.lost_s: list[float] = []
        self.samples: list[tuple[float, float]] = []

    @property
    def clock_kind(self) -> ClockKind:
        return self._stack.clock_kind

    def now_ns(self) -> int:
        return self._stack.now_ns()

    def execute(self, command: Command) -> Outcome:
        if isinstance(command, Datagram) and self._loses(command.octets):
            command = Advance(self.now_ns())
        outcome = self._stack.execute(command)
        self._sample()
        events: list[StackEvent] = [
            event
            for event in outcome.events
            if not (isinstance(event, Sent) and self._loses(event.octets))
        ]
        return Outcome(events, outcome.idle)

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        return one_by_one(self.execute, commands, into)

    def close(self) -> None:
        self._stack.close()

    def _loses(self, octets: bytes) -> bool:
        body = parse(octets).body
        if not isinstance(body, Segment) or not body.payload:
            return False
        self._count += 1
        if self._count in LOST:
            self.lost_s.append(self.now_ns() / NS_PER_S)
        return self._count in LOST

    def _sample(self) -> None:
        for event in self._stack.execute(ReadState(REFERENCE, KERNEL)).events:
            if isinstance(event, StateRead) and event.state == "ESTABLISHED":
                window = event.numbers["snd.cwnd"] / MSS
                self.samples.append((self.now_ns() / NS_PER_S, window))


class Scene:
    """Both hosts and the link between them, for one transfer."""

    def __init__(self) -> None:
        self._home = netns.open_current()
        self._made = make(_KERNEL, self._home)
        self._target = open_target("reference")
        self._watched = Watched(self._target.start(StackOptions(seed=1, overrides=SETTINGS)))
        link = Impair(self._watched, Impairment(delay_ns=DELAY_NS))
        self._driver = Driver(link, self._made.tun)
        with self._made.namespace:
            self._socket = socket.socket()
        self._socket.bind(KERNEL)
        self._socket.settimeout(LONGEST_S)

    def reference_sends(self) -> Curve:
        """The window of the reference stack."""
        self._socket.listen()
        self._beside(self._kernel_reads, _send())
        return Curve("tcpref (Reno)", self._watched.samples, self._watched.lost_s)

    def kernel_sends(self) -> Curve:
        """The window of the kernel; the moments are those of the reference stack's clock."""
        samples: list[tuple[float, float]] = []
        self._beside(lambda: self._kernel_sends(samples), _read())
        return Curve(f"{os.uname().sysname} {_release()} (reno)", samples, self._watched.lost_s)

    def close(self) -> None:
        """Free all of it."""
        self._socket.close()
        self._watched.close()
        self._target.close()
        self._made.close()
        os.close(self._home)

    def _beside(self, kernel: Callable[[], None], program: Program) -> None:
        with ThreadPoolExecutor(1) as beside:
            ended = beside.submit(kernel)
            self._driver.run(program)
            self._driver.close()
            ended.result()

    def _kernel_reads(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            while connection.recv(len(PIECE)):
                pass

    def _kernel_sends(self, samples: list[tuple[float, float]]) -> None:
        connection, left = self._socket, OCTETS
        connection.connect(REFERENCE)
        connection.setblocking(False)
        end = time.monotonic() + LONGEST_S
        try:
            while (left or _window(connection)[1]) and time.monotonic() < end:
                with suppress(BlockingIOError):
                    left -= connection.send(PIECE[:left]) if left else 0
                samples.append((self._watched.now_ns() / NS_PER_S, _window(connection)[0]))
                time.sleep(SAMPLE_S)
        finally:
            # The stack reads to the end, or to a reset: whatever has happened here, it hears of it.
            connection.close()
        if left:
            raise RuntimeError(f"the kernel has not sent its text in {LONGEST_S} s")


def _window(connection: socket.socket) -> tuple[int, int]:
    """Congestion window and what is outstanding, in segments."""
    octets = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, tcpinfo.SIZE)
    numbers = tcpinfo.parse(octets)
    return int(numbers["tcpi_snd_cwnd"]), int(numbers["tcpi_unacked"])


async def _send() -> None:
    fd = await calls.socket(4)
    await calls.call("bind", ("fd", fd), ("address", REFERENCE))
    await calls.call("connect", ("fd", fd), ("address", KERNEL))
    stream, left = Stream(fd, KERNEL), OCTETS
    while left:
        await stream.send(PIECE[:left])
        left -= len(PIECE[:left])
    await stream.finish()


async def _read() -> None:
    fd, peer = await calls.accept(await calls.listen(REFERENCE, 4))
    stream = Stream(fd, peer)
    while await stream.piece():
        pass
    await stream.finish()


def _release() -> str:
    return os.uname().release.partition("-")[0]


def main() -> None:
    """Run both transfers and write the drawing."""
    curves = []
    for way in (Scene.reference_sends, Scene.kernel_sends):
        scene = Scene()
        try:
            curves.append(way(scene))
        finally:
            scene.close()
    (DOCS / "congestion-windows.svg").write_text(draw(curves, TITLE, NOTE))


if __name__ == "__main__":
    main()
