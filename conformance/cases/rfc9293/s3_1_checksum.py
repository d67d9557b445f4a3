"""The checksum of segments that arrive: RFC 9293, section 3.1."""

from tcpassay.conformance import craft
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import established
from tcpassay.wire import scapy_edge

SECTION = "3.1"


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
