"""What the second argument of listen() bounds, and what becomes of those who find no room."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import MANY, answered, serves
from tcpassay.conformance.reach import handshake, listener, syn_received


def half_open(bench: Bench) -> list[Connection]:
    """SYNs from new ports until one is not answered; those that were."""
    opened: list[Connection] = []
    for _ in range(MANY):
        conn = bench.connection()
        if not answered(conn):
            break
        opened.append(conn)
    return opened


@case(
    "DOC-15",
    rows={"0": (0, 1), "1": (1, 1), "4": (4, 4)},
    settings=("no_syn_cookies", "backlog_sum"),
    state="LISTEN",
)
def historic_backlog_bounds_the_sum(bench: Bench, row: tuple[int, int]) -> None:
    """Backlog with its historic meaning: half-open and completed connections have one bound.

    A half-open one that completes keeps its place; accept() makes room for one more.
    """
    backlog, bound = row
    sock = listener(bench, backlog)
    opened = half_open(bench)
    bench.check(len(opened), bound, "half-open connections")
    for conn in opened:
        conn.send("A")
        conn.expect_state("ESTABLISHED")
    bench.check(answered(bench.connection()), False, "SYN answered while all have completed")
    sock.accept()
    bench.check(answered(bench.connection()), True, "SYN answered after accept()")


@case(
    "DOC-15",
    rows={"0": (0, 1), "1": (1, 2), "4": (4, 7), "5": (5, 8)},
    settings=("no_syn_cookies", "backlog_three_halves"),
    state="LISTEN",
)
def historic_backlog_and_a_half(bench: Bench, row: tuple[int, int]) -> None:
    """Backlog as the BSDs counted it: 3 * backlog / 2 + 1 connections in both queues."""
    backlog, bound = row
    listener(bench, backlog)
    bench.check(len(half_open(bench)), bound, "connections in both queues")


@case(
    "LINUX:ABORT_ON_OVERFLOW",
    settings=("no_syn_cookies", "abort_on_overflow"),
    state="SYN-RECEIVED",
)
def overflow_resets(bench: Bench) -> None:
    """The third segment finds the accept queue full; RST, where the system is told to abort."""
    sock = listener(bench, 1)
    spare = syn_received(bench.connection())
    first = handshake(bench.connection())
    opened = [first]
    while len(opened) < MANY and answered(conn := bench.connection()):
        conn.send("A")
        opened.append(conn)
    spare.send("A")
    spare.expect("R", seq=spare.target.iss + 1)
    for conn in opened:
        conn.app = sock.accept()
    serves(sock)
