"""Initial sequence numbers: RFC 9293, section 3.4.1."""

from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.probes import needs_limit
from tcpassay.conformance.reach import listener, syn_received, syn_sent
from tcpassay.core.seq import Seq

SECTION = "3.4.1"


def iss_of_a_handshake(bench: Bench, peer_port: int) -> Seq:
    """The ISS of a SYN-ACK; the connection is reset at once."""
    conn = syn_received(bench.connection(peer_port=peer_port))
    conn.send(TCP(flags="R", seq=int(conn.peer.snd.nxt)))
    return conn.target.iss


@case("RFC9293:MUST-8", rows={"50_ms": 0.05, "half_a_second": 0.5}, state="LISTEN")
def numbers_grow_on_one_flow(bench: Bench, pause: float) -> None:
    """The same SYN again after a pause; the new ISS lies ahead of the old one.

    By the clock of 4 microseconds it is 250,000 a second ahead; any clock that goes round in more
    than the lifetime of a segment will do.
    """
    listener(bench)
    old = iss_of_a_handshake(bench, 40123)
    bench.wait(pause)
    new = iss_of_a_handshake(bench, 40123)
    bench.check(new.after(old), True, "second ISS after the first")


@case("RFC9293:MUST-9", "RFC9293:SHLD-1", state="LISTEN")
def numbers_of_flows_are_unrelated(bench: Bench) -> None:
    """Handshakes from 32 neighbouring ports; the numbers are spread, with no common step.

    Were they a clock alone, or the port times something, all steps would be nearly the same.
    """
    listener(bench)
    numbers = [int(iss_of_a_handshake(bench, port)) for port in range(40200, 40232)]
    bench.check(len(set(numbers)), len(numbers), "distinct numbers")
    steps = {(b - a) % 2**32 >> 20 for a, b in pairwise(numbers)}
    bench.check(len(steps) > 24, True, "more than 24 different steps (of 2^20)")
    halves = {number >> 31 for number in numbers}
    bench.check(halves, {0, 1}, "halves of the number space in use", requirement="SHLD-1")


@case("RFC9293:MUST-9", needs=("active_open",), state="SYN-SENT")
def numbers_of_active_opens_differ(bench: Bench) -> None:
    """Eight connect() calls in a row; their SYNs have numbers without a common step."""
    needs_limit(bench, "max_connections", 8)
    numbers = [int(syn_sent(bench, port=7070 + i)[0].target.iss) for i in range(8)]
    steps = {(b - a) % 2**32 >> 20 for a, b in pairwise(numbers)}
    bench.check(len(steps) > 4, True, "more than four different steps (of 2^20)")
