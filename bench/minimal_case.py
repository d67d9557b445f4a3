"""A minimal case: fresh stack, handshake, 1,000 octets each way, close; traced, captured."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Figure, median_s
from tcpassay.conformance.case import Case, CaseMark
from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.plan import DEFAULT_MAX_TIME_S, PlannedRun
from tcpassay.conformance.reach import established, peer_acks
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.pcapng import write_capture
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.bench import Bench
    from tcpassay.targets.contract import Target

DATA = bytes(range(250)) * 4
ROUNDS = 300


def figures() -> Iterator[Figure]:
    """Median time of the case on both targets, and its ratio to starting and stopping alone."""
    for name in ("reference", "linux"):
        target = open_target(name)
        try:
            yield from _of(target, name)
        except TargetUnavailableError as error:
            yield Figure(f"minimal case on {name}: not measured, {error}", 0.0, "ms")
        finally:
            target.close()


def minimal(bench: Bench) -> None:
    """Handshake, 1,000 octets each way, orderly close begun by the peer."""
    conn = established(bench)
    conn.send("PA", payload=DATA)
    conn.app.recv(len(DATA), want=DATA)
    conn.app.send(DATA)
    conn.expect("A", payload=DATA)
    conn.send("FA")
    conn.app.recv(1, want=b"")
    conn.drop_arrivals()
    conn.app.close()
    conn.expect("FA", ack=conn.peer.snd.nxt)
    peer_acks(conn)


CASE = Case(
    "bench/minimal",
    "a minimal case",
    __file__,
    1,
    CaseMark(("RFC9293:3.10.7.4-FIN-ESTAB",)),
    minimal,
)


def _of(target: Target, name: str) -> Iterator[Figure]:
    context = Context(
        target, target.version(), load_catalogue(), Expectations(), 1, DEFAULT_MAX_TIME_S
    )
    with tempfile.TemporaryDirectory() as folder:
        # A run writes each capture to a file of its own.
        paths = (Path(folder) / f"{number}.pcapng" for number in count())

        def whole() -> None:
            result, trace = run_case(context, PlannedRun(CASE, 4))
            if result.verdict is not Verdict.PASS:
                raise RuntimeError(result.message)
            write_capture(next(paths), trace=trace, result=result)

        case = median_s(whole, rounds=ROUNDS)
        start = median_s(lambda: target.start(StackOptions()).close(), rounds=ROUNDS)
    yield Figure(f"minimal case on {name}", case * 1e3, "ms", case / start, "start and stop alone")
