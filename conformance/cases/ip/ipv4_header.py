"""The IPv4 header in front of TCP: options, lengths, TTL, protocol, and the ICMP about them."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import ICMP, IP, TCP, IPOption, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import header_options, serves
from tcpassay.conformance.reach import established, listener

#: RFC 3692: for experiments, so that nobody speaks it.
UNSPOKEN = 253
#: With room for one address, and padded.
RECORD_ROUTE = b"\x07\x07\x04\x00\x00\x00\x00\x00"


def told(bench: Bench) -> list[tuple[int, int]]:
    """Type and code of the target's ICMP messages."""
    return [(message.datagram.body.type, message.datagram.body.code) for message in bench.icmp]


def syn_with(conn: Connection, **fields: object) -> None:
    """A SYN behind an IP header with these fields."""
    conn.send(IP(**fields) / TCP(flags="S"))


@case(
    "RFC9293:MUST-50",
    "RFC1122:4.2.3.8-OPTIONS",
    rows={
        "no_operation": b"\x01\x01\x01\x00",
        "router_alert": b"\x94\x04\x00\x00",
        "timestamp": b"\x44\x0c\x05\x00" + bytes(8),
        "record_route": RECORD_ROUTE,
        "unknown": b"\x1e\x04\xaa\xbb",
    },
    ip=(4,),
    state="LISTEN",
)
def option_is_ignored(bench: Bench, octets: bytes) -> None:
    """SYN and data with an IP option; treated as without it."""
    sock = listener(bench)
    conn = bench.connection()
    syn_with(conn, options=IPOption(octets))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    conn.app = sock.accept()
    conn.send(IP(options=IPOption(octets)) / TCP(flags="PA") / Raw(b"data"))
    conn.expect("A", ack=conn.peer.snd.nxt, requirement="RFC1122:4.2.3.8-OPTIONS")
    conn.app.recv(8, want=b"data", requirement="RFC1122:4.2.3.8-OPTIONS")


def comes_back(bench: Bench, octets: bytes) -> str:
    """Whether the SYN,ACK to a SYN with this option carries one of the kind, filled in or not."""
    listener(bench)
    conn = bench.connection()
    syn_with(conn, options=IPOption(octets))
    with bench.reaching("SYN-RECEIVED"):
        answer = conn.expect("SA", ack=conn.peer.snd.nxt)
    carried = header_options(answer)
    if not carried.startswith(octets[:1]):
        return "the SYN,ACK is without it"
    return "comes back as it was" if carried == octets else "comes back, filled in"


@case("RFC9293:MAY-10", ip=(4,), state="LISTEN", measures=True)
def timestamp_comes_back(bench: Bench) -> None:
    """SYN with an IP timestamp option that has room for stamps; what the SYN,ACK has of it."""
    came = comes_back(bench, b"\x44\x0c\x05\x00" + bytes(8))
    bench.measure("IP timestamp option", came)


@case("RFC9293:MAY-11", ip=(4,), state="LISTEN", measures=True)
def recorded_route_comes_back(bench: Bench) -> None:
    """SYN with a record-route option that has room for an address; what the SYN,ACK has of it."""
    bench.measure("record route option", comes_back(bench, RECORD_ROUTE))


@case(
    "RFC1122:3.2.2.5-PARAMETER",
    rows={
        "length_0": (b"\x1e\x00\x00\x00", 20),
        "length_1": (b"\x01\x1e\x01\x00", 21),
        "beyond_the_header": (b"\x1e\x09\x00\x00", 20),
    },
    ip=(4,),
    state="LISTEN",
)
def impossible_option(bench: Bench, row: tuple[bytes, int]) -> None:
    """SYN with an IP option of impossible length; parameter problem that points at it."""
    octets, pointer = row
    sock = listener(bench)
    conn = bench.connection()
    syn_with(conn, options=IPOption(octets))
    conn.expect_silence()
    bench.check(told(bench), [(12, 0)], "ICMP messages")
    bench.check(bench.icmp[0].datagram.body.rest >> 24, pointer, "pointer")
    serves(sock)


@case("RFC1122:3.2.1.2-IPCSUM", ip=(4,), state="LISTEN")
def wrong_header_checksum(bench: Bench) -> None:
    """SYN with a wrong IP header checksum and a right one of TCP's; silence."""
    sock = listener(bench)
    conn = bench.connection()
    octets = bytearray(bytes(IP(src=conn.peer_address, dst=conn.address) / syn_of(conn)))
    octets[10] ^= 0x10
    bench.send_octets(bytes(octets))
    conn.expect_silence()
    bench.check(told(bench), [], "ICMP messages")
    serves(sock)


def syn_of(conn: Connection) -> object:
    """The SYN of a connection, all its fields given."""
    return TCP(sport=conn.peer_port, dport=conn.port, flags="S", seq=int(conn.peer.iss))


@case(
    "RFC791:3.1-LENGTH",
    rows={
        "total_below_header": {"len": 19},
        "total_ends_in_tcp_header": {"len": 39},
        "total_beyond_the_end": {"len": 41},
        "header_of_4_words": {"ihl": 4},
        "header_beyond_the_end": {"ihl": 15},
        "version_5": {"version": 5},
    },
    ip=(4,),
    state="LISTEN",
)
def impossible_length(bench: Bench, fields: dict[str, int]) -> None:
    """SYN behind a header of impossible length or version; silence, and the listener lives."""
    sock = listener(bench)
    conn = bench.connection()
    ends = {"src": conn.peer_address, "dst": conn.address, "proto": 6}
    tcp = bytes(IP(**ends) / syn_of(conn))[20:]  # Its checksum counts its true length.
    bench.send_octets(bytes(IP(**ends, **fields) / Raw(tcp)))
    conn.expect_silence()
    serves(sock)


@case(
    "RFC894:PADDING",
    rows={"six_zeros": bytes(6), "forty_six": b"\xff" * 46, "one": b"!"},
    state="ESTABLISHED",
)
def padding_is_no_data(bench: Bench, padding: bytes) -> None:
    """ACK, data and FIN with octets behind the IP datagram's end; none of them is data."""
    conn = established(bench)
    for flags, text in (("A", b""), ("PA", b"data"), ("FA", b"")):
        whole = bytes(segment_of(conn, flags, text))
        conn.send_octets(whole + padding)
        conn.peer.snd.nxt = conn.peer.snd.nxt + len(text) + (flags == "FA")
    conn.app.recv(64, want=b"data")
    conn.app.recv(64, want=b"")
    conn.expect_state("CLOSE-WAIT")


def segment_of(conn: Connection, flags: str, text: bytes) -> object:
    """A datagram with the segment that is due."""
    from tcpassay.conformance import craft

    return craft.datagram(conn, craft.segment(conn, flags, payload=text))


@case("RFC1122:3.2.1.7-TTL", rows={"0": 0, "1": 1}, ip=(4,), state="LISTEN")
def ttl_at_the_end_of_the_way(bench: Bench, ttl: int) -> None:
    """SYN with a TTL of 0 or 1; answered, as nobody needs to forward it."""
    listener(bench)
    conn = bench.connection()
    syn_with(conn, ttl=ttl)
    conn.expect("SA", ack=conn.peer.snd.nxt)


@case("RFC1122:3.2.2.1-PROTOCOL", ip=(4,), state="CLOSED")
def unknown_protocol(bench: Bench) -> None:
    """A datagram of a protocol that nobody speaks; protocol unreachable, with a quotation."""
    datagram = bytes(
        IP(src=bench.peer_address, dst=bench.stack_address, proto=UNSPOKEN) / Raw(b"x" * 40)
    )
    bench.send_octets(datagram)
    bench.check(told(bench), [(3, 2)], "ICMP messages")
    quoted = bench.icmp[0].datagram.body.data
    bench.check((len(quoted) >= 28, quoted), (True, datagram[: len(quoted)]), "quotation")


@case(
    "RFC1122:3.2.2-ABOUT",
    rows={
        "later_fragment": {"frag": 10},
        "to_broadcast": {"dst": "192.0.2.255"},
        "to_multicast": {"dst": "224.0.0.1"},
        "from_multicast": {"src": "224.0.0.9"},
        "from_nobody": {"src": "0.0.0.0"},  # noqa: S104 - a forged source
        "from_loopback": {"src": "127.0.0.1"},
        "from_class_e": {"src": "240.0.0.1"},
    },
    ip=(4,),
    state="CLOSED",
)
def no_error_about_it(bench: Bench, fields: dict[str, object]) -> None:
    """A datagram of an unknown protocol, one that no error may be sent about; silence."""
    ends = {"src": bench.peer_address, "dst": bench.stack_address, "proto": UNSPOKEN}
    bench.send_octets(bytes(IP(**{**ends, **fields}) / Raw(b"x" * 40)))
    bench.check(told(bench), [], "ICMP messages")


@case("RFC1122:3.2.2-ABOUT", ip=(4,), state="CLOSED")
def no_error_about_an_error(bench: Bench) -> None:
    """ICMP errors with an impossible IP option and about nothing of ours; no answer."""
    about = IP(src=bench.stack_address, dst=bench.peer_address) / TCP()
    ends = {"src": bench.peer_address, "dst": bench.stack_address}
    for options in ([], IPOption(b"\x1e\x00\x00\x00")):
        bench.send_octets(bytes(IP(**ends, options=options) / ICMP(type=3, code=1) / about))
    bench.check(told(bench), [], "ICMP messages")
