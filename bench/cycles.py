"""Open, transfer, close: a client asks 100 octets' worth, the server answers with 1,000.

A cycle is socket(), connect(), accept(), both ways of text and close() on both sides, with every
segment that it takes, and the end of TIME-WAIT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.hosts import CLIENT, SERVER, Hosts
from bench.measure import Figure, best_cpu_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUESTION, ANSWER = bytes(100), bytes(1_000)
CYCLES = 500
ROUNDS = 6
#: Cycles in the rounds that show whether a cycle costs more after many others.
MANY = 2_000


def figures() -> Iterator[Figure]:
    """Cycles a second of CPU, both stacks, the link and the calls counted."""
    few, many = best_cpu_s(lambda: cycles(CYCLES), lambda: cycles(MANY), rounds=ROUNDS)
    yield Figure("open, transfer, close", CYCLES / few, "cycles/s")
    yield Figure(
        f"the same, {MANY} of them in TIME-WAIT at the end",
        MANY / many,
        "cycles/s",
        (many / MANY) / (few / CYCLES),
        "the time of one",
        most=1.5,
    )


def cycles(number: int) -> Callable[[], None]:
    """Two hosts, and the function that opens, uses and closes so many connections."""
    hosts = Hosts()
    listener = hosts.listen()

    def run() -> None:
        for _ in range(number):
            cycle(hosts, listener)
        hosts.finish()
        left = [stack.read_stats() for stack in hosts.stacks]
        if left[CLIENT]["connections"] or left[SERVER]["connections"]:
            raise RuntimeError(f"connections are left: {left}")

    return run


def cycle(hosts: Hosts, listener: int) -> None:
    """One connection from its first call to its last; the client closes first."""
    server, client = (("fd", fd) for fd in hosts.connect(listener))
    flags = ("flags", ())
    hosts.call(CLIENT, "send", client, ("octets", QUESTION), flags)
    hosts.call(SERVER, "recv", server, ("length", 4_096), flags)
    hosts.call(SERVER, "send", server, ("octets", ANSWER), flags)
    hosts.call(CLIENT, "recv", client, ("length", 4_096), flags)
    hosts.call(CLIENT, "close", client)
    hosts.call(SERVER, "recv", server, ("length", 4_096), flags)
    hosts.call(SERVER, "close", server)
