"""Extension headers, hop limit and addresses of IPv6 in front of TCP: RFC 8200."""

from collections.abc import Callable

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import (
    TCP,
    HBHOptUnknown,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
    Raw,
)
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import serves
from tcpassay.conformance.reach import listener

#: RFC 3692 and RFC 4727: for experiments, so that nobody knows them.
UNKNOWN = 253
#: Option types that nobody knows, by what their two highest bits ask for.
SKIP, DROP, TELL, TELL_UNICAST = 0x1E, 0x5E, 0x9E, 0xDE


def told(bench: Bench) -> list[tuple[int, int, int]]:
    """Type, code and pointer of the target's ICMPv6 messages."""
    bodies = [message.datagram.body for message in bench.icmp]
    return [(body.type, body.code, body.rest) for body in bodies]


def hop_by_hop(*kinds: int) -> object:
    """Hop-by-hop options, padded."""
    return IPv6ExtHdrHopByHop(options=[option(kind) for kind in kinds] or [PadN(optdata=bytes(4))])


def destination(*kinds: int) -> object:
    """Destination options, padded."""
    return IPv6ExtHdrDestOpt(options=[option(kind) for kind in kinds] or [PadN(optdata=bytes(4))])


def option(kind: int) -> object:
    """An option of four octets."""
    return HBHOptUnknown(otype=kind, optdata=b"\xaa\xbb")


def routing(kind: int, left: int) -> object:
    """A routing header without addresses."""
    return IPv6ExtHdrRouting(type=kind, segleft=left, addresses=[])


def syn_behind(conn: Connection, *headers: object) -> bytes:
    """Send a SYN behind extension headers; the datagram."""
    packet = IPv6(src=conn.peer_address, dst=conn.address)
    for extension in headers:
        packet /= extension
    syn = TCP(sport=conn.peer_port, dport=conn.port, flags="S", seq=int(conn.peer.snd.nxt))
    conn.send(packet / syn)
    return bytes(packet / syn)


Headers = Callable[[], tuple[object, ...]]


@case(
    "RFC8200:4-EXTHDR",
    rows={
        "hop_by_hop": lambda: (hop_by_hop(),),
        "destination": lambda: (destination(),),
        "both": lambda: (hop_by_hop(), destination()),
        "destination_twice": lambda: (destination(), destination()),
        "atomic_fragment": lambda: (IPv6ExtHdrFragment(id=7),),
        "all": lambda: (hop_by_hop(), routing(0, 0), IPv6ExtHdrFragment(id=7), destination()),
    },
    ip=(6,),
    state="LISTEN",
)
def syn_behind_extension_headers(bench: Bench, headers: Headers) -> None:
    """SYN behind extension headers that every node knows; answered by SYN-ACK."""
    sock = listener(bench)
    conn = bench.connection()
    syn_behind(conn, *headers())
    conn.expect("SA", ack=int(conn.peer.iss) + 1)
    conn.send("A", seq=int(conn.peer.iss) + 1)
    sock.accept()


@case(
    "RFC8200:4.2-ACTION",
    rows={
        "destination_skip": (destination, SKIP),
        "destination_drop": (destination, DROP),
        "destination_tell": (destination, TELL),
        "destination_tell_unicast": (destination, TELL_UNICAST),
        "hop_by_hop_skip": (hop_by_hop, SKIP),
        "hop_by_hop_drop": (hop_by_hop, DROP),
        "hop_by_hop_tell": (hop_by_hop, TELL),
    },
    ip=(6,),
    state="LISTEN",
)
def unknown_option(bench: Bench, row: tuple[Callable[[int], object], int]) -> None:
    """SYN behind an unknown option; skipped, dropped or told of as its type's high bits say."""
    header, kind = row
    sock = listener(bench)
    conn = bench.connection()
    syn_behind(conn, header(kind))
    if kind == SKIP:
        conn.expect("SA", ack=int(conn.peer.iss) + 1)
    else:
        conn.expect_silence()
    bench.check(told(bench), [(4, 2, 42)] if kind in (TELL, TELL_UNICAST) else [], "ICMPv6")
    serves(sock)


@case(
    "RFC8200:4.4-ROUTING",
    rows={"type_0": 0, "unassigned": 200},
    ip=(6,),
    state="LISTEN",
)
def routing_header_at_its_end(bench: Bench, kind: int) -> None:
    """SYN behind a routing header with no segments left; answered as without it."""
    listener(bench)
    conn = bench.connection()
    syn_behind(conn, routing(kind, 0))
    conn.expect("SA", ack=int(conn.peer.iss) + 1)


@case(
    "RFC8200:4.4-ROUTING",
    rows={"type_0": 0, "unassigned": 200},
    ip=(6,),
    state="LISTEN",
)
def routing_header_with_segments_left(bench: Bench, kind: int) -> None:
    """SYN behind a routing header with a segment left; parameter problem, pointing at its type."""
    sock = listener(bench)
    conn = bench.connection()
    syn_behind(conn, routing(kind, 1))
    conn.expect_silence()
    bench.check(told(bench), [(4, 0, 42)], "ICMPv6 messages")
    serves(sock)


@case(
    "RFC8200:4-UNKNOWN-HEADER",
    rows={
        "at_once": (lambda: (), UNKNOWN, 6),
        "behind_options": (lambda: (destination(),), UNKNOWN, 40),
        "hop_by_hop_second": (lambda: (destination(), hop_by_hop()), None, 40),
    },
    ip=(6,),
    state="LISTEN",
)
def unknown_next_header(bench: Bench, row: tuple[Headers, int | None, int]) -> None:
    """A next header that is not known there; parameter problem, pointing at what names it."""
    headers, kind, pointer = row
    sock = listener(bench)
    conn = bench.connection()
    packet = IPv6(src=conn.peer_address, dst=conn.address)
    for extension in headers():
        packet /= extension
    if kind is not None:
        packet.lastlayer().setfieldval("nh", kind)
    bench.send_octets(bytes(packet / Raw(bytes(40))))
    bench.check(told(bench), [(4, 1, pointer)], "ICMPv6 messages")
    serves(sock)


@case("RFC8200:3-HOP-LIMIT", rows={"0": 0, "1": 1}, ip=(6,), state="LISTEN")
def hop_limit_at_the_end_of_the_way(bench: Bench, limit: int) -> None:
    """SYN with a hop limit of 0 or 1; answered, as nobody needs to forward it."""
    listener(bench)
    conn = bench.connection()
    conn.send(IPv6(hlim=limit) / TCP(flags="S"))
    conn.expect("SA", ack=conn.peer.snd.nxt)


@case(
    "RFC9293:MUST-63",
    rows={
        "unspecified": "::",
        "loopback": "::1",
        "multicast": "ff02::1",
        "own": "2001:db8::1",
        "mapped": "::ffff:192.0.2.2",
    },
    ip=(6,),
    state="LISTEN",
)
def syn_from_an_impossible_source(bench: Bench, source: str) -> None:
    """SYN from an IPv6 address that no single peer can have; silence, and the listener lives."""
    sock = listener(bench)
    conn = bench.connection(peer_address=source)
    conn.send(IPv6(src=source, dst=conn.address) / TCP(flags="S"))
    conn.expect_silence(0.05)
    serves(sock)


@case("RFC9293:MUST-57", ip=(6,), state="LISTEN")
def syn_to_all_nodes(bench: Bench) -> None:
    """SYN to the multicast address of all nodes and a wildcard listener; silence."""
    sock = listener(bench)
    conn = bench.connection(address="ff02::1")
    conn.send(IPv6(src=conn.peer_address, dst="ff02::1") / TCP(flags="S"))
    conn.expect_silence(0.05)
    bench.check(len(bench.strays), 0, "segments to flows of nobody's")
    serves(sock)
