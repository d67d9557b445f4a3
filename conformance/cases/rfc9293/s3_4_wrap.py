"""The target's own sequence numbers go round: RFC 9293, section 3.4.

Nobody can choose the target's ISS. But on one flow it grows with a clock (3.4.1), so that from a
few hundred flows it can be told which will start just below zero, and when.
"""

from typing import NamedTuple

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.outcome import Inconclusive, Unsupported
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import latest, segment_sizes
from tcpassay.conformance.reach import listener, syn_received
from tcpassay.core.clock import NS_PER_S

SECTION = "3.4"

PORTS = range(42000, 42400)
#: The ISS aimed at, counted back from zero: early, since a busy machine opens late, never soon.
AIM = 250_000
#: The lowest ISS that will do, counted likewise. Somewhat more octets than that are sent.
FARTHEST = 300_000
TRIES = 12
#: Nobody waits longer for an ISS.
LONGEST_NS = 86_400 * NS_PER_S


class Flow(NamedTuple):
    """What is known of the flow from one port: an ISS, and when it was chosen (nanoseconds)."""

    port: int
    iss: int
    t_ns: int

    def rate(self, later: "Flow") -> float:
        """By how much the ISS grows in a nanosecond, from a later look at the same flow."""
        return ((later.iss - self.iss) % 2**32) / (later.t_ns - self.t_ns)

    def due(self, rate: float) -> int:
        """When the ISS will be AIM below zero, by the stack's clock."""
        return self.t_ns + int((-AIM - self.iss) % 2**32 / rate)


def sample(bench: Bench, port: int) -> Flow:
    """The ISS on the flow from `port` now; the connection is reset."""
    conn = syn_received(bench.connection(peer_port=port))
    conn.send("R")
    return Flow(port, int(conn.target.iss), latest(conn).t_ns)


def opened_below_zero(bench: Bench) -> Connection:
    """A half-open connection whose ISS is less than FARTHEST below zero.

    A stamp may be late, so a rate taken over a short time is rough: every miss gives a better one.
    """
    first = sample(bench, PORTS[0])
    bench.wait(0.25)
    rate = first.rate(sample(bench, PORTS[0]))
    flows = [sample(bench, port) for port in PORTS]
    for _ in range(TRIES):
        ahead = [flow for flow in flows if rate and flow.due(rate) > bench.now_ns]
        if not ahead:
            break
        flow = min(ahead, key=lambda one: one.due(rate))
        if flow.due(rate) - bench.now_ns > LONGEST_NS:
            msg = "a clock of the numbers that takes more than a day to come near zero"
            raise Unsupported(msg)
        bench.wait((flow.due(rate) - bench.now_ns) / NS_PER_S)
        conn = syn_received(bench.connection(peer_port=flow.port))
        if -int(conn.target.iss) % 2**32 < FARTHEST:
            return conn
        conn.send("R")
        rate = flow.rate(Flow(flow.port, int(conn.target.iss), latest(conn).t_ns))
        flows.remove(flow)
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
