"""Full queues and numbers left of the window: RFC 9293, section 3.10.7.4."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.reach import established, listener, syn_received

SECTION = "3.10.7.4"
COMPLETES = "RFC9293:3.10.7.4-ACK-SYNRCVD-OK"


@case(
    "RFC9293:3.10.7.4-TEXT-ESTAB", "RFC9293:3.10.7.4-SEQ-OVERLAP-OOO", state="ESTABLISHED", real_s=4
)
def one_segment_over_many_islands(bench: Bench) -> None:
    """Every other octet of 1,000 comes alone, then all in one segment; all is acknowledged.

    However many gaps a queue can hold, what begins at RCV.NXT is taken.
    """
    conn = established(bench)
    first = conn.peer.snd.nxt
    text = bytes(number % 251 for number in range(1000))
    for place in range(1, len(text), 2):
        conn.send("A", seq=int(first + place), payload=text[place : place + 1])
    bench.wait(0.05)
    conn.drop_arrivals()
    conn.send("PA", payload=text)
    conn.expect("A", seq=conn.target.snd.nxt, ack=first + len(text))
    conn.app.recv(len(text), "MSG_WAITALL", want=text, requirement="3.10.7.4-SEQ-OVERLAP-OOO")


@case("RFC9293:3.10.7.4-SEQ-SYN-RCVD", COMPLETES, state="SYN-RECEIVED")
def syn_ack_to_a_passive_open(bench: Bench) -> None:
    """SYN,ACK with the number of the SYN; it lies left of the window, and only an ACK opens.

    The SYN,ACK of a passive open may be sent again in place of the bare ACK.
    """
    sock = listener(bench)
    sock.set_nonblocking()
    conn = syn_received(bench.connection())
    conn.send(TCP(flags="SA", seq=int(conn.peer.iss), ack=int(conn.target.snd.nxt)))
    conn.expect_one_of(
        Pattern("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt),
        Pattern("SA", seq=conn.target.iss, ack=conn.peer.snd.nxt),
    )
    sock.accept(errno="EAGAIN")
    conn.send("A")
    bench.wait(0.05)
    sock.accept(requirement=COMPLETES)
