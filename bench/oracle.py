"""The oracle: microseconds a trace entry, and that its cost grows with the trace and no faster.

A trace of 100,000 entries is held against ten of 10,000.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.measure import Figure
from tcpassay.conformance.bench import Bench
from tcpassay.core.trace import Trace
from tcpassay.model.oracle import judge_trace
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.app import Socket

SHORT, LONG = 10_000, 100_000
#: What the issue that built the oracle wanted, on a quiet core.
MOST_US = 25.0
ROUNDS = 3


def traffic(entries: int, seed: int) -> Trace:
    """Connections one after the other: handshake, text both ways, an orderly end."""
    target = open_target("reference")
    addresses = target.manifest.ipv4
    if addresses is None:
        msg = "the reference stack speaks IPv4"
        raise LookupError(msg)
    trace = Trace(seed=seed, stack_addresses=addresses.stack)
    stack = target.start(StackOptions(seed=seed))
    try:
        bench = Bench(target.manifest, stack, trace, requirements=("RFC9293:MUST-14",))
        listener = bench.app.socket()
        listener.bind(8080)
        listener.listen(5)
        port = 1024
        while len(trace) < entries:
            _one(bench, listener, port)
            port = port + 1 if port < 65_000 else 1024
    finally:
        stack.close()
    return trace


def _one(bench: Bench, listener: Socket, port: int) -> None:
    conn = bench.connection(peer_port=port)
    conn.send("S")
    conn.drop_arrivals()
    conn.send("A")
    socket = listener.accept()
    for _ in range(20):
        conn.send("PA", payload=b"question")
        bench.wait(0.25)
        socket.recv(100)
        socket.send(b"answer" * 20)
        conn.drop_arrivals()
        conn.send("A")
    conn.send("FA")
    conn.drop_arrivals()
    socket.close()
    conn.drop_arrivals()
    conn.send("A")


def cost_s(traces: list[Trace]) -> float:
    """Seconds of processor time an entry: the best of some rounds through all of them."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for trace in traces:
            judge_trace(trace)
        best = min(best, time.process_time() - begun)
    return best / sum(map(len, traces))


def figures() -> Iterator[Figure]:
    """The cost of an entry; that of a long trace to ten short ones."""
    shorts = [traffic(SHORT, seed) for seed in range(LONG // SHORT)]
    longs = [traffic(LONG, LONG)]
    short_s, long_s = cost_s(shorts), cost_s(longs)
    yield Figure("a trace entry", short_s * 1e6, "us", short_s * 1e6 / MOST_US, "25 us", most=1.0)
    yield Figure(
        f"an entry of {LONG:,}", long_s * 1e6, "us", long_s / short_s, f"one of {SHORT:,}", most=1.2
    )
