"""Values that an attacker would like to know: initial sequence numbers and ephemeral ports."""

from math import gcd, log2
from statistics import pstdev

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.isn_samples import CIRCLE, sample, steps
from tcpassay.conformance.reach import listener
from tcpassay.core.clock import NS_PER_S


@case("RFC9293:MUST-8", state="LISTEN", measures=True)
def clock_of_one_flow(bench: Bench) -> None:
    """The same SYN twice, 0.2 s apart; how fast the number grows."""
    listener(bench)
    first = sample(bench.connection(peer_port=20_000))
    bench.wait(0.2)
    second = sample(bench.connection(peer_port=20_000))
    rate = (second.iss - first.iss) % CIRCLE * NS_PER_S / (second.t_ns - first.t_ns)
    bench.measure("ISN of one flow grows, a second", round(rate / 10_000) * 10_000)


@case("RFC9293:SHLD-1", state="LISTEN", measures=True)
def steps_between_flows(bench: Bench) -> None:
    """SYNs from 200 neighbouring ports; how their numbers differ, from each to the next.

    Of fair numbers the deviation is 2^30.2, as with an index of 242 in Nmap (SP).
    """
    listener(bench)
    found = [sample(bench.connection(peer_port=20_000 + n)).iss for n in range(200)]
    moved = [step - CIRCLE if step >= CIRCLE // 2 else step for step in steps(found)]
    spread = pstdev(moved)
    bench.measure("ISN steps of 200 flows, deviation, bits", round(log2(max(spread, 1.0)), 1))
    bench.measure("ISN steps of 200 flows, common divisor", gcd(*moved))


@case(
    "RFC6056:3.2-RANGE",
    needs=("active_open", "nonblocking"),
    state="CLOSED",
    measures=True,
)
def range_of_ports(bench: Bench) -> None:
    """128 connects to different ports of the peer; the lowest and the highest port of their own."""
    ports = []
    for number in range(128):
        sock = bench.app.socket("SOCK_NONBLOCK")
        with bench.reaching("SYN-SENT", whole=False):
            sock.connect(7_000 + number, errno="EINPROGRESS")
            conn = bench.expect_syn()
        ports.append(conn.port)
        conn.send("RA", seq=0)
        sock.close()
    bench.check(min(ports) >= 1_024, True, "no well-known port")
    bench.measure("lowest of 128 ephemeral ports", min(ports))
    bench.measure("highest of 128 ephemeral ports", max(ports))
