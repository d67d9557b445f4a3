"""A path that drops what is too big and tells nobody: RFC 4821, section 7.7."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.reach import established
from tcpassay.core.seq import Seq

SEGMENTS = 8
#: Octets of the largest datagram that the path carries; IPv6 wants 1280 of any.
MTU = 1300


def take(conn: Connection, first: Seq, got: int, arrival: Arrival) -> int:
    """How many octets the peer has in order once this segment has come; it acknowledges them."""
    segment = arrival.segment
    start = Seq(segment.seq).distance(first)
    end = start + len(segment.payload)
    if segment.payload and start <= got < end:
        got = end
    conn.send("A", ack=first + got)
    return got


@case(
    "RFC4821:7-BLACKHOLE",
    needs=("plpmtud",),
    settings=("black_hole_detection",),
    state="ESTABLISHED",
    real_s=4,
)
def segments_that_disappear(bench: Bench) -> None:
    """Datagrams above 1300 octets are lost and no router says so; smaller ones bring the text."""
    header = 40 if bench.ip == 4 else 60
    size = bench.manifest.limits.mtu - header
    conn = established(bench, mss=size)
    first = conn.target.snd.nxt
    text = bytes(index % 251 for index in range(SEGMENTS * size))
    conn.app.send(text)
    start, got = bench.now_ns, 0
    lost = 0
    while got < len(text) and bench.now_ns - start < 60 * 10**9:
        bench.wait(0.1)
        for arrival in conn.drop_arrivals():
            if len(arrival.octets) > MTU:
                lost += 1
                continue
            got = take(conn, first, got, arrival)
    bench.measure("datagrams lost", lost)
    bench.check(got, len(text), "octets that have come")
