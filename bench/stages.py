"""Where the microseconds of a bulk transfer go: CPU of one segment of text, by stage.

Every function of a stage is timed less what it calls of other stages, and the shares are laid on
the time that the transfer takes without the timing. A segment of text is one datagram and half an
ACK: 1.5 times building, parsing and handling, and a recv() that returns.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.bulk import OCTETS, transfer
from bench.hosts import Hosts
from bench.measure import Figure, cpu_s
from tcpref import ipv4, kernel, output, segment, stack, states
from tcpref.assay import Assay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Clocked = Callable[..., object]

SEGMENT = 1_448
ROUNDS = 6
STAGES: tuple[tuple[str, object, tuple[str, ...]], ...] = (
    ("parse IP, verify its header", ipv4, ("parse_ipv4",)),
    ("parse TCP, verify its checksum", segment, ("parse_segment",)),
    ("the state's handler: eight checks, ACK, text", states, ("handle",)),
    ("find the connection, carry out, wake", stack.Stack, ("datagram_arrives",)),
    ("what to send, timers", output, ("send_queued",)),
    ("numbers and window of a segment", output, ("transmit",)),
    ("build it, both checksums", segment, ("build_segment",)),
    ("socket calls", kernel.Kernel, ("settle", "start")),
    ("the stack's face", Assay, ("on_datagram", "call")),
)
REST = "the link and the programs of the bench"


def figures() -> Iterator[Figure]:
    """Microseconds of each stage, and of all together."""
    whole = min(cpu_s(transfer(Hosts())) for _ in range(ROUNDS))
    spent = min((timed() for _ in range(ROUNDS)), key=lambda stages: sum(stages.values()))
    scale = whole / sum(spent.values()) / (OCTETS / SEGMENT) * 1e6
    for name, seconds in spent.items():
        yield Figure(name, seconds * scale, "us")
    yield Figure("a segment of text, all in all", whole / (OCTETS / SEGMENT) * 1e6, "us")


def timed() -> dict[str, float]:
    """CPU seconds of each stage in one transfer, with the cost of the timing in them."""
    spent = dict.fromkeys([name for name, _, _ in STAGES], 0.0)
    inner = [0.0]
    with planted(spent, inner):
        whole = cpu_s(transfer(Hosts()))
    spent[REST] = max(0.0, whole - sum(spent.values()))
    return spent


@contextmanager
def planted(spent: dict[str, float], inner: list[float]) -> Iterator[None]:
    """Put a clock around each stage, in every module that has imported it."""
    places: list[tuple[object, str, object]] = []
    for stage, owner, names in STAGES:
        for name in names:
            function = getattr(owner, name)
            clock = clocked(function, stage, spent, inner)
            modules = [m for key, m in sys.modules.items() if key.startswith("tcpref")]
            for place in (owner, *modules):
                if getattr(place, name, None) is function:
                    places.append((place, name, function))
                    setattr(place, name, clock)
    try:
        yield
    finally:
        for place, name, function in places:
            setattr(place, name, function)


def clocked(function: Clocked, stage: str, spent: dict[str, float], inner: list[float]) -> Clocked:
    """The function with a clock around it; `inner` is a stack of the time of stages within."""

    def run(*args: object, **named: object) -> object:
        inner.append(0.0)
        start = time.thread_time()
        try:
            return function(*args, **named)
        finally:
            took = time.thread_time() - start
            spent[stage] += took - inner.pop()
            inner[-1] += took

    return run
