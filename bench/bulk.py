"""Bulk transfer: one stack sends to another in this process; each datagram is built and verified.

MSS 1460 (1440 over IPv6), so 1448 octets a segment with timestamps. The sender hands over 64 KiB a
call. The reader either waits in recv() all the time, so that each segment ends a call, or reads
what has come whenever the link is empty, as a process does that is woken by an interrupt.
"""

from __future__ import annotations

import hashlib
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from bench.hosts import CLIENT, SERVER, Hosts
from bench.measure import Figure, best_cpu_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MB = 1_000_000
PIECE = Random(1).randbytes(65_536)
OCTETS = 64 * len(PIECE)
ROUNDS = 8
#: One datagram in so many is damaged in the run that shows that checksums are verified.
DAMAGED_ONE_IN = 50


def figures() -> Iterator[Figure]:
    """MB of text a second of CPU, both stacks, the link and the calls counted."""
    yield damaged()
    kinds: list[tuple[str, Callable[[], Callable[[], object]]]] = [
        ("IPv4, reader waits", lambda: transfer(Hosts())),
        ("IPv4, reader waits, no timestamps", lambda: transfer(Hosts(timestamps=False))),
        ("IPv4, reader takes what has come", lambda: transfer(Hosts(), waits=False)),
        ("IPv6, reader waits", lambda: transfer(Hosts(ip=6))),
    ]
    times = best_cpu_s(*(prepare for _, prepare in kinds), rounds=ROUNDS)
    plain = times[1]
    for (name, _), seconds in zip(kinds, times, strict=True):
        yield Figure(
            f"bulk, {name}",
            OCTETS / seconds / MB,
            "MB/s",
            seconds / plain,
            "without timestamps",
            most=1.5,
        )


def damaged() -> Figure:
    """A transfer in which octets are damaged on the way, all of which must be noticed."""
    numbers, random = count(1), Random(2)
    changed = 0

    def damage(octets: bytes) -> bytes:
        nonlocal changed
        if next(numbers) % DAMAGED_ONE_IN:
            return octets
        changed += 1
        spoilt = bytearray(octets)
        spoilt[random.randrange(20, len(octets))] ^= 1 << random.randrange(8)
        return bytes(spoilt)

    received = hashlib.sha256()
    transfer(Hosts(damage=damage), keep=received.update)()
    sent = hashlib.sha256(PIECE * (OCTETS // len(PIECE)))
    if received.digest() != sent.digest() or not changed:
        raise RuntimeError(f"{changed} datagrams were damaged, and what arrived is not what went")
    return Figure("datagrams damaged on the way; the stream came whole", changed, "")


def transfer(
    hosts: Hosts, *, waits: bool = True, keep: Callable[[bytes], object] = len
) -> Callable[[], None]:
    """A connection, and the function that sends OCTETS over it and hands them to `keep`."""
    server, client = hosts.connect(hosts.listen())
    recv = ("fd", server), ("length", 65_536), ("flags", ())
    send = ("fd", client), ("octets", PIECE), ("flags", ())

    def run() -> None:
        pieces, received = OCTETS // len(PIECE), 0
        writing, reading = hosts.begin(CLIENT, "send", *send), 0
        while received < OCTETS:
            if hosts.any_returned:
                if hosts.returned(writing) and (pieces := pieces - 1):
                    writing = hosts.begin(CLIENT, "send", *send)
                if came := hosts.returned(reading):
                    keep(came.octets)
                    received += came.value
                    reading = 0
            elif waits and not reading:
                reading = hosts.begin(SERVER, "recv", *recv)
            elif not hosts.deliver():
                if not reading:
                    reading = hosts.begin(SERVER, "recv", *recv)
                elif not hosts.wait():
                    raise RuntimeError(f"the transfer has stopped after {received} octets")

    return run
