"""Many connections: what an idle one takes of memory, and whether it slows a segment down.

Memory is measured in fresh processes (`python -m bench.idle`), once as what the kernel says that
the process holds and once as what Python has allocated; the peers' side is not in it.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tracemalloc
from itertools import count, cycle, islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, cast

from bench.measure import Figure, best_cpu_s
from tcpref.assay import Assay, open_stack
from tcpref.ipv4 import parse_ipv4
from tcpref.segment import ACK, PSH, SYN, build_segment, parse_segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FEW, MANY = 10, 10_000
SEGMENTS = 4_000
ROUNDS = 10
STACK, PEER, PORT = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)), 80
FIRST_PEER_PORT = 20_000
ISS = 1_000
TEXT = bytes(100)
DONT_WAIT = ("flags", ("MSG_DONTWAIT",))
#: Nanoseconds between two segments: so many that the delayed ACK of each goes out before the next
#: one for the same connection comes, be there few of them or many.
STEP = 100_000_000
MIB = 1 << 20
ROOM_MIB = 60


def figures() -> Iterator[Figure]:
    """Memory of idle connections, then the cost of a segment among few and among many."""
    held = memory("rss")
    yield Figure(
        f"memory of {MANY} idle connections, as the kernel counts",
        held / MIB,
        "MiB",
        held / MIB / ROOM_MIB,
        f"{ROOM_MIB} MiB",
        most=1.0,
    )
    yield Figure("the same, as Python counts", memory("allocated") / MIB, "MiB")
    yield Figure("so one connection and its socket", held / MANY, "octets")
    few, many = (Server(connections) for connections in (FEW, MANY))
    times = best_cpu_s(few.segments, many.segments, rounds=ROUNDS)
    for connections, seconds in zip((FEW, MANY), times, strict=True):
        yield Figure(
            f"a segment for one of {connections} connections",
            seconds / SEGMENTS * 1e6,
            "us",
            seconds / times[0],
            f"among {FEW}",
            most=1.5,
        )


class Server:
    """One host with so many connections, all accepted and idle, and a peer that writes segments."""

    def __init__(self, connections: int) -> None:
        self.now = 0
        self.stack: Assay = open_stack(
            {"addresses": ["192.0.2.1"], "settings": {"max_descriptors": connections + 10}}
        )
        self._ids = count(1)
        made = ("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0)
        listener = ("fd", cast("int", self.call("socket", *made)[3]))
        self.call("bind", listener, ("address", ("192.0.2.1", PORT)))
        self.call("listen", listener, ("length", 1))
        #: Of each peer's port: its next sequence number and the stack's; and the descriptors.
        self.peers: dict[int, tuple[int, int]] = {}
        self.descriptors: list[int] = []
        for port in range(FIRST_PEER_PORT, FIRST_PEER_PORT + connections):
            self._open(port)
            self.descriptors.append(cast("int", self.call("accept", listener)[3]))
        self._ports = list(self.peers)
        self._random = Random(3)

    def call(self, name: str, *args: tuple[str, object]) -> tuple[object, ...]:
        """Make a call that returns at once; its return. Raises RuntimeError for one that fails."""
        self.stack.call(next(self._ids), 0, name, args, self.now)
        for event in self.stack.take_output():
            if event[0] == "return" and event[4] is None:
                return event
        raise RuntimeError(f"{name}() did not return, or failed")

    def _open(self, port: int) -> None:
        self.stack.on_datagram(_segment(port, ISS, 0, SYN), self.now)
        ((_, octets),) = self.stack.take_output()
        packet = parse_ipv4(cast("bytes", octets))
        answer = parse_segment(packet.src, packet.dst, packet.payload) if packet else None
        if answer is None or answer.flags != SYN | ACK:
            raise RuntimeError(f"a SYN from port {port} was not answered with SYN,ACK")
        self.peers[port] = ISS + 1, answer.seq + 1
        self.stack.on_datagram(_segment(port, ISS + 1, answer.seq + 1, ACK), self.now)

    def segments(self) -> Callable[[], None]:
        """Text for the connections in an order at random, and the function that lets it arrive."""
        for fd in self.descriptors:
            self.stack.call(
                next(self._ids), 0, "recv", (("fd", fd), ("length", 65_536), DONT_WAIT), self.now
            )
        self.stack.take_output()
        self._random.shuffle(self._ports)
        datagrams = [self._text(port) for port in islice(cycle(self._ports), SEGMENTS)]

        def run() -> None:
            stack, now, sent = self.stack, self.now, 0
            for datagram in datagrams:
                now += STEP
                while (at := stack.next_timeout()) is not None and at <= now:
                    stack.on_timer(at)
                stack.on_datagram(datagram, now)
                sent += len(stack.take_output())
            self.now = now
            if sent < SEGMENTS - FEW:
                raise RuntimeError(f"{SEGMENTS} segments drew {sent} acknowledgements only")

        return run

    def _text(self, port: int) -> bytes:
        number, ack = self.peers[port]
        self.peers[port] = number + len(TEXT), ack
        return _segment(port, number, ack, ACK | PSH, TEXT)


def _segment(port: int, number: int, ack: int, flags: int, payload: bytes = b"") -> bytes:
    return build_segment(
        PEER, STACK, port, PORT, seq=number, ack=ack, flags=flags, wnd=65_535, payload=payload
    )


def memory(way: str) -> int:
    """Octets that MANY connections take in a process of its own, counted in this way."""
    command = [sys.executable, "-m", "bench.idle", way]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout)


def resident() -> int:
    """Octets of real memory that this process holds."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def main(way: str) -> None:
    """Print how much more memory there is in use with the connections than before."""
    Server(FEW)  # What is made once, whatever the number of connections.
    gc.collect()
    if way == "allocated":
        tracemalloc.start()
    before = resident()
    server = Server(MANY)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else resident() - before
    if len(server.stack.stack.connections) != MANY:
        raise RuntimeError("connections are missing")
    print(grown)


if __name__ == "__main__":
    main(sys.argv[1])
