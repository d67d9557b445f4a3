"""The peer's sequence numbers around zero while its text arrives: RFC 9293, section 3.4."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import handshake, listener
from tcpassay.core.seq import Seq

SECTION = "3.4"


@case(
    "RFC9293:3.4-WRAP",
    rows={"in_text": -500, "at_fin": -1000, "first_octet": -1, "at_zero": 0},
    state="ESTABLISHED",
)
def peers_text_out_of_order_across_zero(bench: Bench, start: int) -> None:
    """1000 octets of the peer cross zero, out of order and repeated; all are read, then its FIN."""
    with bench.reaching("ESTABLISHED"):
        sock = listener(bench)
        conn = handshake(bench.connection(iss=int(Seq(start - 1))))
        conn.app = sock.accept()
    first = conn.peer.snd.nxt
    text = bytes(index % 251 for index in range(1000))
    conn.send(TCP(flags="PA", seq=first + 600) / Raw(text[600:]))
    conn.expect("A", ack=first)
    conn.send(TCP(flags="PA", seq=first) / Raw(text[:300]))
    conn.expect("A", ack=first + 300, within=0.5)
    conn.send(TCP(flags="PA", seq=first + 200) / Raw(text[200:700]))
    conn.expect("A", ack=first + 1000, within=0.5)
    conn.app.recv(2000, want=text)
    conn.send(TCP(flags="FA", seq=first + 1000))
    conn.expect("A", ack=first + 1001, within=0.5)
    conn.app.recv(100, want=b"")


@case("RFC9293:3.4-WRAP", rows={"below": -1, "above": 70_000}, state="ESTABLISHED")
def window_around_zero_refuses_what_lies_outside(bench: Bench, offset: int) -> None:
    """The window of the target spans zero; what lies left and right of it is still refused."""
    with bench.reaching("ESTABLISHED"):
        sock = listener(bench)
        conn = handshake(bench.connection(iss=int(Seq(-101))))
        conn.app = sock.accept()
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=first + offset) / Raw(b"?"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=first)
    conn.send(TCP(flags="R", seq=first + offset))
    conn.expect_silence(0.1)
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()
    conn.expect_state("ESTABLISHED")
