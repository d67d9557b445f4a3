"""SEGMENT ARRIVES in CLOSED: RFC 9293, section 3.10.7.1."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import listener

SECTION = "3.10.7.1"
CLOSED_PORT = 4

NUMBERS = {"low": 5, "half": 2**31, "last": 2**32 - 1}


@case("RFC9293:3.10.7.1-SYN", rows=NUMBERS, state="CLOSED")
def syn_is_refused(bench: Bench, seq: int) -> None:
    """SYN to a port nobody listens on; <SEQ=0><ACK=SEG.SEQ+1><CTL=RST,ACK>."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="S", seq=seq))
    conn.expect("RA", seq=0, ack=(seq + 1) % 2**32)
    conn.expect_silence()


@case(
    "RFC9293:3.10.7.1-SYN-DATA",
    rows={"one": 1, "odd": 333, "full": 1460, "over_zero": 100},
    state="CLOSED",
)
def syn_with_data_is_refused_whole(bench: Bench, octets: int) -> None:
    """SYN with data to a closed port; the reset acknowledges the data as well."""
    seq = 2**32 - 50 if octets == 100 else 7000
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="S", seq=seq) / Raw(bytes(octets)))
    conn.expect("RA", seq=0, ack=(seq + 1 + octets) % 2**32)


@case("RFC9293:3.10.7.1-SYNFIN", rows={"bare": b"", "data": b"abc"}, state="CLOSED")
def syn_fin_counts_both(bench: Bench, data: bytes) -> None:
    """SYN and FIN to a closed port; the reset acknowledges both."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="SF", seq=900) / Raw(data))
    conn.expect("RA", seq=0, ack=902 + len(data))


@case("RFC9293:3.10.7.1-ACK", rows={"zero": 0, **NUMBERS}, state="CLOSED")
def ack_is_reset(bench: Bench, ack: int) -> None:
    """ACK to a closed port; <SEQ=SEG.ACK><CTL=RST>, without ACK."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="A", seq=77, ack=ack))
    conn.expect("R", seq=ack)
    conn.expect_silence()


@case("RFC9293:3.10.7.1-SYNACK", state="CLOSED")
def syn_ack_is_reset(bench: Bench) -> None:
    """SYN-ACK to a closed port; a bare RST with its ACK number."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="SA", seq=77, ack=123456))
    conn.expect("R", seq=123456)


@case("RFC9293:3.10.7.1-FINACK", state="CLOSED")
def fin_ack_is_reset(bench: Bench) -> None:
    """FIN-ACK to a closed port; a bare RST with its ACK number."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="FA", seq=77, ack=123456))
    conn.expect("R", seq=123456)


@case("RFC9293:3.10.7.1-DATA-ACK", rows={"one": 1, "full": 1460}, state="CLOSED")
def data_with_ack_is_reset(bench: Bench, octets: int) -> None:
    """Data with ACK to a closed port; a bare RST whose number is the ACK, whatever the length."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="PA", seq=77, ack=123456) / Raw(bytes(octets)))
    conn.expect("R", seq=123456)


@case("RFC9293:3.10.7.1-FIN", rows=NUMBERS, state="CLOSED")
def fin_without_ack_is_reset(bench: Bench, seq: int) -> None:
    """FIN alone to a closed port; <SEQ=0><ACK=SEG.SEQ+1><CTL=RST,ACK>."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="F", seq=seq))
    conn.expect("RA", seq=0, ack=(seq + 1) % 2**32)


@case(
    "RFC9293:3.10.7.1-NOFLAGS",
    rows={"none": ("", b""), "data": ("", b"abcde"), "psh": ("P", b"abcde"), "urg": ("U", b"a")},
    state="CLOSED",
)
def segment_without_flags_is_reset(bench: Bench, row: tuple[str, bytes]) -> None:
    """Data without SYN, ACK or FIN to a closed port; the reset acknowledges SEG.LEN."""
    flags, data = row
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags=flags, seq=5000, urgptr=len(data)) / Raw(data))
    conn.expect("RA", seq=0, ack=5000 + len(data))


@case("RFC9293:3.10.7.1-RST", "RFC9293:3.5.2-NO-RST-FOR-RST", state="CLOSED")
def rst_is_dropped(bench: Bench) -> None:
    """RST to a closed port; silence."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="R", seq=5000))
    conn.expect_silence(0.05)
    conn.send(TCP(flags="R", seq=0))
    conn.expect_silence(0.05, requirement="3.5.2-NO-RST-FOR-RST")


@case("RFC9293:3.10.7.1-RSTACK", state="CLOSED")
def rst_ack_is_dropped(bench: Bench) -> None:
    """RST with ACK to a closed port; silence."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags="RA", seq=5000, ack=6000))
    conn.expect_silence(0.05)


@case(
    "RFC9293:3.10.7.1-RST-SYN",
    rows={"syn": "SR", "fin": "FR", "syn_ack": "SRA", "all": "FSRPAU", "data": "R"},
    state="CLOSED",
)
def rst_wins_over_other_flags(bench: Bench, flags: str) -> None:
    """RST together with other flags and data to a closed port; silence."""
    conn = bench.connection(port=CLOSED_PORT)
    conn.send(TCP(flags=flags, seq=5000, ack=6000) / Raw(b"abc"))
    conn.expect_silence(0.05)


@case("RFC9293:3.10.7.1-SYN", "RFC9293:3.10.7.2-SYN", state="CLOSED")
def only_the_named_port_is_closed(bench: Bench) -> None:
    """SYNs to a listening port and to its neighbour from one peer port; SYN-ACK and RST."""
    listener(bench, port=8080)
    closed = bench.connection(peer_port=40500, port=8081, iss=10)
    closed.send("S")
    closed.expect("RA", seq=0, ack=11)
    opened = bench.connection(peer_port=40500, port=8080, iss=20)
    opened.send("S")
    opened.expect("SA", ack=21, requirement="3.10.7.2-SYN")
    closed.expect_silence()
