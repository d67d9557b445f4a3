"""The header and its options: RFC 9293, section 3.1."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import IP, TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import latest, segment_sizes, serves
from tcpassay.conformance.reach import established, listener

SECTION = "3.1"

MSS_500 = b"\x02\x04\x01\xf4"
MSS_1460 = b"\x02\x04\x05\xb4"
NOP = b"\x01"
EOL = b"\x00"


def syn_with_options(conn: Connection, area: bytes) -> None:
    """Send a SYN whose option area is `area` as it is, a multiple of four octets.

    To Scapy the area is payload that the data offset declares to be header.
    """
    conn.send(TCP(flags="S", dataofs=5 + len(area) // 4) / Raw(area))


def opened(bench: Bench, area: bytes, requirement: str | None = None) -> Connection:
    """A connection opened by a SYN with this option area; judged."""
    sock = listener(bench)
    conn = bench.connection()
    syn_with_options(conn, area)
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    conn.app = sock.accept(requirement=requirement)
    return conn


def largest_segment(conn: Connection, octets: int) -> int:
    """The largest of the segments in which the target sends `octets` octets."""
    conn.app.send(bytes(octets))
    return max(segment_sizes(conn, octets))


@case(
    "RFC9293:MUST-4",
    rows={
        "nops_before": NOP * 4 + MSS_500,
        "one_nop_before": NOP + MSS_500 + NOP * 3,
        "nops_after": MSS_500 + NOP * 4,
        "eol_after": MSS_500 + EOL * 4,
        "nop_eol_after": MSS_500 + NOP * 2 + EOL * 2,
        "all_forty": NOP * 36 + MSS_500,
    },
    state="LISTEN",
)
def end_of_list_and_nop_frame_the_mss(bench: Bench, area: bytes) -> None:
    """SYN with MSS 500 among NOPs and ends of list; it opens, and no segment is larger."""
    conn = opened(bench, area)
    bench.check(largest_segment(conn, 1600) <= 500, True, "largest segment at most 500")


@case(
    "RFC9293:MUST-4", "RFC9293:MUST-15", rows={"alone": EOL * 4, "mss_behind": EOL * 4 + MSS_1460}
)
def nothing_counts_behind_the_end_of_list(bench: Bench, area: bytes) -> None:
    """SYN whose options end before an MSS; it opens, with the default segment size."""
    conn = opened(bench, area, requirement="MUST-4")
    limit = 536 if bench.ip == 4 else 1220
    bench.check(
        largest_segment(conn, 3000) <= limit,
        True,
        f"largest segment at most {limit}",
        requirement="MUST-15",
    )


@case(
    "RFC9293:MUST-6",
    rows={
        "bare": b"\xfd\x02" + NOP * 2 + MSS_500,
        "one_octet": b"\xfd\x03\xaa" + NOP + MSS_500,
        "two_octets": b"\xfe\x04\xf9\x89" + MSS_500,
        "unassigned": b"\x4f\x08abcdef" + MSS_500,
        "looks_like_mss": b"\xfd\x06\x02\x04\x00\x08\x01\x01" + MSS_500,
        "thirty_six": b"\xfd\x24" + bytes(34) + MSS_500,
    },
    state="LISTEN",
)
def unknown_option_is_skipped(bench: Bench, area: bytes) -> None:
    """SYN with an unknown option before MSS 500; it opens, and the MSS counts."""
    conn = opened(bench, area)
    bench.check(largest_segment(conn, 1600) <= 500, True, "largest segment at most 500")


@case("RFC9293:MUST-6", state="LISTEN")
def unknown_option_fills_the_header(bench: Bench) -> None:
    """SYN with one unknown option of all forty octets; it opens."""
    sock = listener(bench)
    conn = bench.connection()
    syn_with_options(conn, b"\xfd\x28" + bytes(38))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    sock.accept()


@case(
    "RFC9293:MUST-7",
    rows={
        "mss_length_zero": b"\x02\x00\x05\xb4",
        "unknown_length_zero": b"\xfd\x00\x00\x00",
        "length_one": b"\x08\x01\x00\x00",
        "beyond_the_header": b"\x01\x01\x02\x28",
        "far_beyond": b"\xfd\xff\x00\x00",
        "cut_before_length": NOP * 3 + b"\x02",
        "cut_mss": NOP * 1 + b"\x02\x04\x05",
    },
    state="LISTEN",
)
def impossible_option_length_is_survived(bench: Bench, area: bytes) -> None:
    """SYN with an option whose length cannot be; answered or not, the next SYN is served."""
    sock = listener(bench)
    conn = bench.connection()
    syn_with_options(conn, area)
    conn.drop_arrivals()
    serves(sock)


@case(
    "RFC9293:MUST-7",
    rows={"length_zero": b"\x02\x00\x05\xb4", "beyond_the_header": b"\x01\x01\xfd\x28"},
    state="ESTABLISHED",
)
def impossible_option_length_on_data_is_survived(bench: Bench, area: bytes) -> None:
    """Data with an option whose length cannot be; whatever it does, new connections are served."""
    sock = listener(bench)
    conn = serves(sock)
    seq = int(conn.peer.snd.nxt)
    conn.send(TCP(flags="PA", seq=seq, dataofs=6) / Raw(area + b"data"))
    conn.drop_arrivals()
    serves(sock)


@case(
    "RFC9293:MUST-5",
    rows={
        "nops": NOP * 4,
        "mss": MSS_500,
        "sack_permitted": b"\x04\x02\x01\x01",
        "window_scale": b"\x03\x03\x07\x01",
        "unknown": b"\xfd\x04\xf9\x89",
        "end_of_list": EOL * 4,
    },
    state="ESTABLISHED",
)
def options_on_data_are_tolerated(bench: Bench, area: bytes) -> None:
    """Data with options, and those that belong on a SYN; acknowledged and delivered."""
    conn = established(bench)
    seq = int(conn.peer.snd.nxt)
    conn.send(TCP(flags="PA", seq=seq, dataofs=6) / Raw(area + b"data"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=seq + 4)
    conn.app.recv(16, want=b"data")


@case("RFC9293:3.1-RSRVD-RX", rows={"low": 1, "middle": 2, "high": 4, "all": 7}, state="LISTEN")
def reserved_bits_are_ignored(bench: Bench, bits: int) -> None:
    """Reserved bits on SYN, ACK and data; each is handled as if they were zero."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S", reserved=bits))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send(TCP(flags="A", reserved=bits))
    accepted = sock.accept()
    conn.send(TCP(flags="PA", reserved=bits) / Raw(b"data"))
    conn.expect("A", ack=conn.peer.snd.nxt)
    accepted.recv(16, want=b"data")


@case("RFC9293:3.1-RSRVD-TX", needs=("half_close",))
def reserved_bits_are_sent_as_zero(bench: Bench) -> None:
    """A connection and a reset; the target's segments have all reserved bits zero."""
    conn = established(bench)
    seen = [latest(conn)]
    conn.app.send(b"data")
    seen.append(conn.expect("A", payload=b"data"))
    conn.send("A")
    conn.app.shutdown("SHUT_WR")
    seen.append(conn.expect("FA"))
    refused = bench.connection(port=4)
    refused.send(TCP(flags="S", reserved=7))
    seen.append(refused.expect("RA", seq=0))
    bench.check([arrival.scapy()["TCP"].reserved for arrival in seen], [0] * 4, "reserved bits")


@case(
    "RFC9293:3.1-DOFFSET-SHORT",
    rows={"zero": 0, "one": 1, "four": 4, "beyond": 6, "far_beyond": 15},
    state="LISTEN",
)
def impossible_data_offset_opens_nothing(bench: Bench, words: int) -> None:
    """SYN whose data offset is too small or beyond its end; no SYN-ACK, and the next is served."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S", dataofs=words))
    answers = [a.segment.flags for a in conn.drop_arrivals() if a.segment.has(0x12)]
    bench.check(answers, [], "SYN-ACKs")
    serves(sock)


@case("RFC9293:3.1-URGPTR-NOURG", state="LISTEN")
def urgent_pointer_without_urg_means_nothing(bench: Bench) -> None:
    """An urgent pointer without URG on SYN, ACK and data; all octets arrive in line."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S", urgptr=3))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send(TCP(flags="A", urgptr=1))
    accepted = sock.accept()
    conn.send(TCP(flags="PA", urgptr=2) / Raw(b"abcdef"))
    conn.expect("A", ack=conn.peer.snd.nxt)
    accepted.recv(16, want=b"abcdef")


@case("RFC9293:MUST-3", rows={"zero": 0, "one": 1, "ones": 0xFFFF}, state="LISTEN")
def syn_with_bad_checksum_is_ignored(bench: Bench, checksum: int) -> None:
    """SYN with a wrong checksum; silence, and the same SYN without the fault is answered."""
    sock = listener(bench)
    conn = bench.connection(iss=1000)
    conn.send(TCP(flags="S", seq=1000, chksum=checksum))
    conn.expect_silence(0.05)
    conn.send(TCP(flags="S", seq=1000))
    conn.expect("SA", ack=1001)
    conn.send(TCP(flags="A", seq=1001))
    sock.accept()


@case("RFC9293:MUST-3", state="CLOSED")
def damaged_segment_to_a_closed_port_is_ignored(bench: Bench) -> None:
    """SYN with a wrong checksum to a closed port; no reset."""
    conn = bench.connection(port=4)
    conn.send(TCP(flags="S", seq=1000, chksum=1))
    conn.expect_silence(0.05)


@case("RFC1122:3.2.1.2-IPCSUM", ip=(4,), state="LISTEN")
def syn_with_bad_ip_checksum_is_ignored(bench: Bench) -> None:
    """SYN whose IPv4 header checksum is wrong and whose TCP checksum is right; silence."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(IP(chksum=1) / TCP(flags="S"))
    conn.expect_silence(0.05)
    serves(sock)


@case("RFC9293:MUST-68", "RFC9293:MUST-69")
def own_options_are_well_formed(bench: Bench) -> None:
    """SYN that offers every common option; those of the SYN-ACK are whole, with zeros at the end.

    The octets are walked here by the two rules alone: kinds 0 and 1 are single, others have a
    length.
    """
    listener(bench)
    conn = bench.connection()
    area = MSS_1460 + b"\x04\x02\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x00\x01\x03\x03\x07"
    syn_with_options(conn, area)
    syn_ack = conn.expect("SA", ack=conn.peer.snd.nxt)
    packet = bytes(syn_ack.scapy()["TCP"])
    options = packet[20 : (packet[12] >> 4) * 4]
    while options and options[0] != 0:
        length = 1 if options[0] == 1 else int.from_bytes(options[1:2], "big")
        possible = options[0] == 1 or 2 <= length <= len(options)
        bench.check(possible, True, f"length of option {options[0]} possible")
        options = options[length:]
    bench.check(any(options), False, "padding other than zero", requirement="MUST-69")
