"""Two stacks and a bad link between them, in virtual time."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from random import Random

import pytest

from tcpref.assay import Assay, open_stack

ADDRESSES = ("192.0.2.1", "192.0.2.2")
#: Give-up so late that a run of losses does not end a connection.
PATIENT = {"data_r2_s": 600, "syn_r2_s": 600}


class Duel:
    """A server and a client that send each other a stream, in an order that the seed decides."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.loss = self.random.choice((0.0, 0.02, 0.1))
        self.duplication = self.random.choice((0.0, 0.05))
        self.delay = self.random.choice((1e6, 30e6))
        self.now = 0
        self.stacks = [self._open(seed, address) for address in ADDRESSES]
        self.link: list[tuple[int, int, int, bytes]] = []
        self.order = count()
        self.ids = count(1)
        self.returned: dict[int, tuple[object, ...]] = {}
        self.streams = [self.random.randbytes(self.random.randrange(40_000)) for _ in ADDRESSES]
        self.received = [b"", b""]
        self.fds = [4, 3]
        self.reading: list[int | None] = [None, None]
        self.writing: list[int | None] = [None, None]

    def _open(self, seed: int, address: str) -> Assay:
        small = self.random.choice((2_000, 65_535))
        settings = {**PATIENT, "rcv_buffer": small}
        return open_stack({"seed": seed, "addresses": [address], "settings": settings})

    def call(self, side: int, name: str, *args: tuple[str, object]) -> int:
        """Start a call on one side; its id."""
        number = next(self.ids)
        self.stacks[side].call(number, 0, name, args, self.now)
        self.carry(side)
        return number

    def carry(self, side: int) -> None:
        """Put what a stack has sent on the link, with losses, duplicates and delays."""
        for event in self.stacks[side].take_output():
            if event[0] == "return":
                assert event[4] is None, event
                self.returned[event[1]] = event  # type: ignore[index]
            elif event[0] == "datagram" and self.random.random() >= self.loss:
                for _ in range(2 if self.random.random() < self.duplication else 1):
                    at = self.now + round(self.random.expovariate(1 / self.delay))
                    heappush(self.link, (at, next(self.order), 1 - side, event[1]))  # type: ignore[misc]

    def step(self) -> bool:
        """Let the next datagram arrive or the next timer expire; False when nothing is left."""
        timeouts = [stack.next_timeout() for stack in self.stacks]
        times = [at for at in (*timeouts, *(entry[0] for entry in self.link[:1])) if at is not None]
        if not times:
            return False
        self.now = max(self.now, min(times))
        if self.link and self.link[0][0] <= self.now:
            _, _, side, datagram = heappop(self.link)
            self.stacks[side].on_datagram(datagram, self.now)
        for side, stack in enumerate(self.stacks):
            stack.on_timer(self.now)
            self.carry(side)
        return True

    def application(self, side: int) -> None:
        """Read until the end; once all is written, shut that direction; close after both."""
        fd = ("fd", self.fds[side])
        if self.writing[side] in self.returned:
            self.writing[side] = None
            self.call(side, "shutdown", fd, ("name", "SHUT_WR"))
        reading = self.reading[side]
        while reading is not None and reading in self.returned:
            octets = dict(self.returned[reading][5])["octets"]  # type: ignore[call-overload]
            self.received[side] += octets
            length = ("length", self.random.randrange(1, 9_000))
            reading = self.call(side, "recv", fd, length) if octets else None
            self.reading[side] = reading
            if reading is None and self.writing[side] is None:
                self.call(side, "close", fd)

    def run(self) -> None:
        """From socket() on both sides to the last timer."""
        made = ("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0)
        server = (ADDRESSES[0], 7777)
        for side in (0, 1):
            self.call(side, "socket", *made)
        self.call(0, "bind", ("fd", 3), ("address", server))
        self.call(0, "listen", ("fd", 3), ("length", 1))
        starts = [
            self.call(0, "accept", ("fd", 3)),
            self.call(1, "connect", ("fd", 3), ("address", server)),
        ]
        started = [False, False]
        while self.step():
            for side in (0, 1):
                if not started[side] and starts[side] in self.returned:
                    started[side] = True
                    fd = ("fd", self.fds[side])
                    self.writing[side] = self.call(side, "send", fd, ("octets", self.streams[side]))
                    self.reading[side] = self.call(side, "recv", fd, ("length", 5_000))
                self.application(side)


@pytest.mark.parametrize("block", range(10))
def test_streams_arrive_and_nothing_is_left(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        duel = Duel(seed)
        duel.run()
        assert duel.received == duel.streams[::-1], f"seed {seed}"
        for side, stack in enumerate(duel.stacks):
            left = {name: value for name, value in stack.read_stats().items() if value}
            assert left == ({} if side else {"listeners": 1}), f"seed {seed}"


def test_same_seed_and_inputs_give_the_same_outputs() -> None:
    times = []
    for _ in range(2):
        duel = Duel(11)
        duel.run()
        times.append((duel.now, next(duel.order), next(duel.ids)))
    assert times[0] == times[1]
