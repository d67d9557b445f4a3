"""A minimal case: fresh stack, handshake, 1,000 octets each way, orderly close; traced, captured."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Figure, median_s

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.reach import established, peer_acks
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.trace import Trace
from tcpassay.reports.pcapng import write_capture
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.targets.contract import Target

DATA = bytes(range(250)) * 4
REQUIREMENT = ("RFC9293:3.10.7.4-FIN-ESTABLISHED",)
ROUNDS = 300


def figures() -> Iterator[Figure]:
    """Median time of the case on both targets, and of its parts on each."""
    for name in ("reference", "linux"):
        target = open_target(name)
        try:
            yield from _of(target, name)
        except TargetUnavailableError as error:
            yield Figure(f"minimal case on {name}: not measured, {error}", 0.0, "ms")
        finally:
            target.close()


def _of(target: Target, name: str) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.pcapng"
        whole = median_s(lambda: _case(target, path), rounds=ROUNDS)
        start = median_s(lambda: target.start(StackOptions()).close(), rounds=ROUNDS)
    yield Figure(f"minimal case on {name}", whole * 1e3, "ms", whole / start, "start and stop alone")


def _case(target: Target, path: Path) -> None:
    manifest = target.manifest
    assert manifest.ipv4 is not None
    trace = Trace(case="bench", target=manifest.name, stack_addresses=manifest.ipv4.stack)
    stack = target.start(StackOptions(seed=1))
    try:
        bench = Bench(manifest, stack, trace, requirements=REQUIREMENT)
        conn = established(bench)
        conn.send("PA", payload=DATA)
        conn.app.recv(len(DATA), want=DATA)
        conn.app.send(DATA)
        conn.drop_arrivals()
        conn.send("FA")
        conn.app.recv(1, want=b"")
        conn.drop_arrivals()
        conn.app.close()
        conn.expect("FA", ack=conn.peer.snd.nxt)
        peer_acks(conn)
    finally:
        stack.close()
    write_capture(path, trace)
