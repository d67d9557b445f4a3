"""The target's own sequence numbers go round: RFC 9293, section 3.4.

Nobody can choose the target's ISS. But on one flow it grows with a clock (3.4.1), so that from a
few hundred flows it can be told which will start just below zero, and when.
"""

from collections.abc import Iterator

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.outcome import Inconclusive
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import segment_sizes
from tcpassay.conformance.reach import listener, syn_received
from tcpassay.core.clock import NS_PER_S

SECTION = "3.4"

PORTS = range(42000, 42400)
#: The ISS aimed at, counted back from zero: early, since a busy machine opens late, never soon.
AIM = 250_000
#: The lowest ISS that will do, counted likewise. Somewhat more octets than that are sent.
FARTHEST = 300_000
TRIES = 12


def sample(bench: Bench, port: int) -> tuple[int, int]:
    """The ISS on the flow from `port`, and when it was chosen; the connection is reset."""
    conn = bench.connection(peer_port=port)
    conn.send("S")
    arrival = conn.drop_arrivals()[0]
    conn.send("R")
    return arrival.segment.seq, arrival.t_ns


def candidates(bench: Bench) -> Iterator[tuple[int, int]]:
    """When to open from which port so that the ISS is near zero, soonest first (nanoseconds)."""
    first, t0 = sample(bench, PORTS[0])
    bench.wait(0.1)
    second, t1 = sample(bench, PORTS[0])
    per_ns = ((second - first) % 2**32) / (t1 - t0)
    seen = [(port, *sample(bench, port)) for port in PORTS]
    yield from sorted((t + int((-AIM - iss) % 2**32 / per_ns), port) for port, iss, t in seen)


def opened_below_zero(bench: Bench) -> Connection:
    """A half-open connection whose ISS is less than FARTHEST below zero."""
    tried = 0
    for at_ns, port in candidates(bench):
        ahead = (at_ns - bench.now_ns) / NS_PER_S
        if ahead < 0:
            continue
        bench.wait(ahead)
        conn = syn_received(bench.connection(peer_port=port))
        if -int(conn.target.iss) % 2**32 < FARTHEST:
            return conn
        conn.send("R")
        tried += 1
        if tried == TRIES:
            break
    msg = "no ISS just below zero could be had: does it grow with a clock?"
    raise Inconclusive(msg)


@case("RFC9293:3.4-WRAP", real_s=10, state="ESTABLISHED")
def targets_numbers_wrap_in_data(bench: Bench) -> None:
    """Data of the target's across sequence number zero; all of it comes, in order, and its FIN."""
    sock = listener(bench)
    with bench.reaching("ESTABLISHED"):
        conn = opened_below_zero(bench)
        conn.send("A")
        conn.app = sock.accept()
    octets = FARTHEST + 1000
    pending = conn.app.begin_send(bytes(octets))
    bench.check(sum(segment_sizes(conn, octets)), octets, "octets received")
    pending.expect_return(octets)
    bench.check(int(conn.target.snd.nxt) < FARTHEST + 1001, True, "numbers beyond zero")
    conn.app.close()
    conn.expect("FA", seq=conn.target.iss + 1 + octets)
    conn.send("A")
    conn.expect_silence(0.3)
