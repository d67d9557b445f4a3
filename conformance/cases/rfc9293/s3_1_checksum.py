"""The checksum of segments that arrive and of those that leave: RFC 9293, section 3.1."""

from tcpassay.conformance import craft
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Arrival
from tcpassay.conformance.reach import established, listener
from tcpassay.wire import scapy_edge

SECTION = "3.1"

#: Options of a SYN in Scapy's form.
OFFERS = [
    ("MSS", 1460),
    ("SAckOK", b""),
    ("Timestamp", (100, 0)),
    ("NOP", None),
    ("WScale", 3),
]


@case("RFC9293:MUST-3", rows={"two_bits": 0x0101, "one_bit": 0x0001}, state="ESTABLISHED")
def segments_with_a_bad_checksum(bench: Bench, change: int) -> None:
    """Text, a FIN and a RST with a wrong checksum; none is processed, the true text is."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    for flags in ("PA", "FA", "R"):
        packet = TCP(flags=flags, seq=first) / Raw(b"damaged!")
        octets, _ = craft.from_scapy(conn, packet)
        packet.chksum = scapy_edge.to_scapy(octets)["TCP"].chksum ^ change
        conn.send(packet)
    conn.expect_silence(0.3)
    conn.expect_state("ESTABLISHED")
    conn.send("PA", payload=b"true one")
    conn.expect("A", ack=first + 8, within=0.5)
    conn.app.recv(100, want=b"true one")


@case(
    "RFC9293:MUST-2",
    rows={
        "odd": b"odd",
        "ones": b"\xff" * 1001,
        "zeros": bytes(999),
        "full": bytes(index % 251 for index in range(1400)),
    },
    state="ESTABLISHED",
)
def segments_carry_the_right_checksum(bench: Bench, text: bytes) -> None:
    """Handshake with options, text, an ACK with SACK, FIN and reset; Scapy finds each checksum.

    What is compared is the field of a copy that Scapy has built anew.
    """
    with bench.reaching("ESTABLISHED"):
        sock = listener(bench)
        conn = bench.connection()
        conn.send(TCP(flags="S", options=OFFERS))
        seen = [conn.expect("SA", ack=conn.peer.snd.nxt)]
        stamps = [("NOP", None), ("NOP", None), ("Timestamp", (101, 0))]
        conn.send(TCP(flags="A", options=stamps))
        conn.app = sock.accept()
    conn.app.send(text)
    seen.append(conn.expect("A", payload=text))
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=first + 3, options=stamps) / Raw(b"later"))
    seen.append(conn.expect("A", ack=first))
    conn.send(TCP(flags="PA", options=stamps) / Raw(b"now"))
    conn.app.shutdown("SHUT_WR")
    seen.append(conn.expect("FA"))
    closed = bench.connection(port=4)
    closed.send("S")
    seen.append(closed.expect("RA"))
    wrong = [arrival.n for arrival in seen if field_of(arrival) != true_field(arrival)]
    bench.check(wrong, [], "entries with another checksum than Scapy's")


def field_of(arrival: Arrival) -> int:
    """The checksum of a segment as it came."""
    return int(arrival.scapy()["TCP"].chksum)


def true_field(arrival: Arrival) -> int:
    """The checksum that Scapy works out for the same segment."""
    packet = arrival.scapy()
    del packet["TCP"].chksum
    return int(packet.__class__(bytes(packet))["TCP"].chksum)
