"""TCP in fragments of either IP version: RFC 791, RFC 1122, 3.3.2, and RFC 8200, 4.5."""

from random import Random

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, IPv6, IPv6ExtHdrFragment, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.pieces import cut, header, identification, piece, send_all
from tcpassay.conformance.probes import serves
from tcpassay.conformance.reach import established, listener

REASSEMBLY = {4: "RFC1122:3.3.2-REASSEMBLY", 6: "RFC8200:4.5-REASSEMBLY"}
TIMEOUT = {4: "RFC1122:3.3.2-TIMEOUT", 6: "RFC8200:4.5-TIMEOUT"}
TIME_EXCEEDED = {4: (11, 1), 6: (3, 1)}
TEXT = bytes(range(250)) * 4

#: Longer than an ACK may be delayed here, so that silence tells of a segment not taken.
A_MOMENT = 0.3

ORDERS = {
    "in_order": lambda pieces: pieces,
    "reversed": lambda pieces: pieces[::-1],
    "some_twice": lambda pieces: [pieces[0], pieces[0], pieces[2], *pieces[1:]],
    "last_first": lambda pieces: [pieces[-1], *pieces[:-1]],
    "shuffled": lambda pieces: Random(5).sample(pieces, len(pieces)),
}


def told(bench: Bench) -> list[tuple[int, int]]:
    """Type and code of the target's ICMP messages."""
    return [(message.datagram.body.type, message.datagram.body.code) for message in bench.icmp]


def assert_delivered(conn: Connection, text: bytes, requirement: str) -> None:
    """The whole text is acknowledged and read."""
    conn.expect("A", ack=conn.peer.snd.nxt, requirement=requirement)
    conn.app.recv(len(text) + 1, want=text, requirement=requirement)


def deliver_in_pieces(bench: Bench, order: str, octets: int) -> None:
    """Send a segment in pieces and expect it to be taken as a whole."""
    conn = established(bench)
    pieces = ORDERS[order](cut(conn, "PA", TEXT, octets, ident=77))
    send_all(conn, pieces[:-1])
    conn.expect_silence(requirement=REASSEMBLY[bench.ip])
    send_all(conn, pieces[-1:])
    assert_delivered(conn, TEXT, REASSEMBLY[bench.ip])


@case(
    "RFC1122:3.3.2-REASSEMBLY",
    rows={name: name for name in ORDERS},
    ip=(4,),
    state="ESTABLISHED",
)
def text_in_ipv4_fragments(bench: Bench, order: str) -> None:
    """A segment in five IPv4 fragments, in some order; acknowledged once whole, and read."""
    deliver_in_pieces(bench, order, 208)


@case(
    "RFC8200:4.5-REASSEMBLY",
    rows={name: name for name in ORDERS},
    ip=(6,),
    state="ESTABLISHED",
)
def text_in_ipv6_fragments(bench: Bench, order: str) -> None:
    """A segment in five IPv6 fragments, in some order; acknowledged once whole, and read."""
    deliver_in_pieces(bench, order, 208)


@case("RFC1122:3.3.2-REASSEMBLY", ip=(4,), state="LISTEN")
def syn_in_the_smallest_fragments(bench: Bench) -> None:
    """A SYN cut after each eight octets, RFC 791's least; answered by SYN-ACK."""
    listener(bench)
    conn = bench.connection()
    send_all(conn, cut(conn, "S", b"", 8, ident=5))
    conn.expect("SA", ack=conn.peer.snd.nxt)


@case(
    "RFC1122:3.3.2-REASSEMBLY",
    rows={"identification": {"id": 9}, "protocol": {"proto": 17}, "source": {"src": "192.0.2.77"}},
    ip=(4,),
    state="ESTABLISHED",
)
def fragments_of_other_datagrams(bench: Bench, other: dict[str, object]) -> None:
    """The second half comes with another identification, protocol or source; never joined.

    The right half then completes the segment.
    """
    conn = established(bench)
    first, second = cut(conn, "PA", b"x" * 100, 64, ident=8)
    forged = header(conn, 8, last=True, ident=8)
    for field, value in other.items():
        forged.setfieldval(field, value)
    send_all(conn, [first, bytes(forged / Raw(second[20:]))])
    conn.expect_silence(A_MOMENT)
    send_all(conn, [second])
    assert_delivered(conn, b"x" * 100, "RFC1122:3.3.2-REASSEMBLY")


@case("RFC9293:MUST-3", state="ESTABLISHED")
def checksum_covers_all_fragments(bench: Bench) -> None:
    """One octet of the last fragment is wrong; the segment is dropped, the right one taken."""
    conn = established(bench)
    start = conn.peer.snd.nxt
    pieces = cut(conn, "PA", b"x" * 100, 64, ident=8)
    send_all(conn, [*pieces[:-1], pieces[-1][:-1] + b"y"])
    conn.expect_silence(A_MOMENT)
    conn.send(TCP(flags="PA", seq=int(start)) / Raw(b"x" * 100))
    assert_delivered(conn, b"x" * 100, "RFC9293:MUST-3")


def send_overlapping(conn: Connection, text: bytes, before: int = 2) -> None:
    """A segment in fragments, and behind so many of them one that lies across two, octets alike."""
    pieces = cut(conn, "PA", text, 64, ident=31)
    whole = b"".join(octets[20 if conn.bench.ip == 4 else 48 :] for octets in pieces)
    across = piece(conn, 32, whole[32:96], last=False, ident=31)
    send_all(conn, [*pieces[:before], across, *pieces[before:]])


@case(
    "RFC8200:4.5-OVERLAP",
    rows={"within_what_came": 2, "beyond_what_came": 1},
    ip=(6,),
    state="ESTABLISHED",
)
def overlap_discards_the_datagram(bench: Bench, before: int) -> None:
    """Fragments of which one lies across two others, octets alike; silence, no data.

    RFC 8200 has the whole datagram dropped, with what is still to come of it.
    """
    conn = established(bench)
    start = conn.peer.snd.nxt
    send_overlapping(conn, b"x" * 200, before)
    conn.expect_silence(A_MOMENT)
    conn.send(TCP(flags="PA", seq=int(start)) / Raw(b"x" * 200))
    assert_delivered(conn, b"x" * 200, "RFC8200:4.5-OVERLAP")


@case("RFC1122:3.3.2-REASSEMBLY", ip=(4,), state="ESTABLISHED", measures=True)
def overlap_gives_no_wrong_octets(bench: Bench) -> None:
    """Fragments that overlap, octets alike, then the segment again; it is read once, as it was.

    Whether the fragments are joined, as RFC 791 has it, or dropped, as RFC 8200, is recorded.
    """
    conn = established(bench)
    start = conn.peer.snd.nxt
    send_overlapping(conn, TEXT, before=1)
    bench.wait(A_MOMENT)
    joined = any(arrival.segment.ack == int(start + len(TEXT)) for arrival in conn.drop_arrivals())
    bench.measure("IPv4 fragments that overlap", "joined" if joined else "dropped")
    conn.send(TCP(flags="PA", seq=int(start)) / Raw(TEXT))
    conn.app.recv(len(TEXT) + 1, want=TEXT)
    conn.send("PA", payload=b"next")
    conn.app.recv(10, want=b"next")


@case("RFC8200:4.5-OVERLAP", ip=(6,), state="LISTEN")
def atomic_fragment_stands_alone(bench: Bench) -> None:
    """A whole SYN with a Fragment header, while a fragment of the same identification waits.

    It is answered, and the waiting one is neither joined nor spoiled.
    """
    conn = established(bench)
    first, second = cut(conn, "PA", b"x" * 100, 64, ident=4)
    send_all(conn, [first])
    other = bench.connection()
    atomic = IPv6ExtHdrFragment(offset=0, m=0, id=identification(conn, 4))
    other.send(IPv6(src=other.peer_address, dst=other.address) / atomic / TCP(flags="S"))
    other.expect("SA", ack=other.peer.snd.nxt)
    send_all(conn, [second])
    assert_delivered(conn, b"x" * 100, "RFC8200:4.5-OVERLAP")


def let_time_run_out(bench: Bench, first: int) -> list[bytes]:
    """Two of three fragments from number `first` on, then more than the time they are given."""
    conn = established(bench)
    pieces = cut(conn, "PA", b"x" * 150, 64, ident=12)
    send_all(conn, pieces[first : first + 2])
    bench.wait(70 if bench.virtual else 1.6)
    missing = pieces[2] if first == 0 else pieces[0]
    send_all(conn, [missing])
    conn.expect_silence(A_MOMENT, requirement=TIMEOUT[bench.ip])
    return pieces


def expect_time_exceeded(bench: Bench) -> None:
    """The first fragment came: its sender is told, with a quotation of it."""
    first = let_time_run_out(bench, 0)[0]
    bench.check(told(bench), [TIME_EXCEEDED[bench.ip]], "ICMP messages")
    quoted = bench.icmp[0].datagram.body.data
    bench.check(quoted, first[: len(quoted)], "quotation")


@case("RFC1122:3.3.2-TIMEOUT", settings=("short_reassembly",), ip=(4,), state="ESTABLISHED")
def missing_ipv4_fragment(bench: Bench) -> None:
    """The last fragment does not come in time; ICMP time exceeded, and no data when it comes."""
    expect_time_exceeded(bench)


@case("RFC8200:4.5-TIMEOUT", settings=("short_reassembly",), ip=(6,), state="ESTABLISHED")
def missing_ipv6_fragment(bench: Bench) -> None:
    """The last fragment does not come in time; ICMPv6 time exceeded, no data when it comes."""
    expect_time_exceeded(bench)


@case("RFC1122:3.3.2-TIMEOUT", settings=("short_reassembly",), ip=(4,), state="ESTABLISHED")
def missing_first_ipv4_fragment(bench: Bench) -> None:
    """The first fragment does not come in time; no ICMP, as nobody knows what it is about."""
    let_time_run_out(bench, 1)
    bench.check(told(bench), [], "ICMP messages")


@case("RFC8200:4.5-TIMEOUT", settings=("short_reassembly",), ip=(6,), state="ESTABLISHED")
def missing_first_ipv6_fragment(bench: Bench) -> None:
    """The first fragment does not come in time; no ICMPv6, as nobody knows what it is about."""
    let_time_run_out(bench, 1)
    bench.check(told(bench), [], "ICMP messages")


@case(
    "RFC8200:4.5-IMPOSSIBLE",
    rows={"no_multiple_of_8": (8, 60, False, 4), "too_long": (65528, 16, True, 42)},
    ip=(6,),
    state="LISTEN",
)
def impossible_fragment(bench: Bench, row: tuple[int, int, bool, int]) -> None:
    """A fragment with a length or place that cannot be; parameter problem, pointing at it."""
    start, octets, last, pointer = row
    sock = listener(bench)
    conn = bench.connection()
    send_all(conn, [piece(conn, start, b"x" * octets, last=last, ident=3)])
    bench.check(told(bench), [(4, 0)], "ICMPv6 messages")
    bench.check(bench.icmp[0].datagram.body.rest, pointer, "pointer")
    serves(sock)


@case("RFC8200:4.5-CHAIN", ip=(6,), state="LISTEN")
def first_fragment_with_half_a_header(bench: Bench) -> None:
    """The first fragment ends within the TCP header; parameter problem, code 3, pointer 0."""
    sock = listener(bench)
    conn = bench.connection()
    send_all(conn, cut(conn, "S", b"", 16, ident=3))
    conn.expect_silence()
    bench.check(told(bench), [(4, 3)], "ICMPv6 messages")
    bench.check(bench.icmp[0].datagram.body.rest, 0, "pointer")
    serves(sock)


@case("RFC1122:3.3.2-REASSEMBLY", "RFC4987:FLOOD", ip=(4,), state="ESTABLISHED")
def flood_of_fragments_keeps_nobody_out(bench: Bench) -> None:
    """Three hundred fragments of as many datagrams; a whole segment still gets through.

    What a segment in fragments gets afterwards is for the target to say; it is no crash.
    """
    conn = established(bench)
    for ident in range(1000, 1300):
        send_all(conn, [piece(conn, 64, b"x" * 64, last=False, ident=ident)])
    conn.send("PA", payload=b"still here")
    conn.app.recv(16, want=b"still here", requirement="RFC4987:FLOOD")
