"""Who may use SACK: RFC 2018, sections 2 and 4."""

from typing import Literal

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import blocks_of, offering, opened, permits_sack
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY
from tcpassay.conformance.probes import latest
from tcpassay.conformance.reach import listener, syn_sent

SECTION = "negotiation"


@case("RFC2018:2-NEGOTIATE", measures=True, state="LISTEN")
def syn_with_permission(bench: Bench) -> None:
    """A SYN with SACK-permitted; whether the SYN,ACK has it too."""
    listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S", options=[("SAckOK", b""), ("MSS", 1460)]))
    answer = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.measure("SACK-permitted in the SYN,ACK", permits_sack(answer.segment))


@case("RFC2018:2-NEGOTIATE", measures=True, needs=("active_open",), state="SYN-SENT")
def own_syn_permits(bench: Bench) -> None:
    """connect(); whether the SYN has SACK-permitted."""
    conn, _ = syn_sent(bench)
    bench.measure("SACK-permitted in the SYN", permits_sack(latest(conn).segment))


@case(
    "RFC2018:4-NOT-UNNEGOTIATED",
    rows={"listen": "listen", "connect": "connect"},
    state="ESTABLISHED",
)
def peer_without_permission(bench: Bench, way: Literal["listen", "connect"]) -> None:
    """The peer's SYN has no SACK-permitted; duplicate ACKs of text out of order are plain."""
    conn = opened(bench, offering(), way)
    due = conn.peer.snd.nxt
    for ahead in (100, 300, 500):
        conn.send(TCP(flags="A", seq=int(due + ahead)) / Raw(bytes(100)))
        arrival = conn.expect("A", ack=due)
        bench.check(blocks_of(arrival.segment), [], "SACK blocks")


@case("RFC2018:2-SYN-ONLY", needs=("sack",), state="ESTABLISHED")
def permission_in_syns_only(bench: Bench) -> None:
    """A connection with text both ways, a hole and a close; only the SYN,ACK permits SACK."""
    conn = opened(bench, offering(sack=True))
    due = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=int(due + 5)) / Raw(b"world"))
    seen = [conn.expect("A", ack=due).segment]
    conn.send("PA", payload=b"hello")
    conn.peer.snd.nxt = due + 10
    seen.append(conn.expect("A", ack=due + 10).segment)
    conn.app.send(b"answer")
    seen.append(conn.expect("A", payload=b"answer").segment)
    conn.send("A")
    conn.app.close()
    seen.append(conn.expect(payload=ANY).segment)
    bench.check([permits_sack(segment) for segment in seen], [False] * 4, "SACK-permitted")
