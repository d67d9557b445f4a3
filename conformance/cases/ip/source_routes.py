"""Source routes of IPv4: IP_OPTIONS, and the way back. RFC 9293, 3.9.2.1; RFC 1122, 3.2.1.8.

Most stacks take none unless they are told to (RFC 7126, 4.3): hence the setting.
"""

from ipaddress import IPv4Address

from tcpassay.conformance import craft
from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import header_options, latest, serves
from tcpassay.conformance.reach import PEER_PORT, listener
from tcpassay.wire import Datagram, IPv4, build

LOOSE, STRICT = 0x83, 0x89
#: Routers on the link, so that each is a way to the other.
NEAR, FAR, OTHER = "192.0.2.81", "192.0.2.82", "192.0.2.83"
#: Where the pointer stands before the first address.
START = 4
ROUTED = {
    "needs": ("source_routes",),
    "settings": ("source_routes",),
    "ip": (4,),
}


def route(kind: int, *addresses: str, pointer: int = START) -> bytes:
    """The option, padded to whole words."""
    data = b"".join(IPv4Address(address).packed for address in addresses)
    return bytes((kind, 3 + len(data), pointer)) + data + b"\0"


def travelled(kind: int, *routers: str) -> bytes:
    """The option of a datagram that has passed these routers and come to its end."""
    return route(kind, *routers, pointer=START + 4 * len(routers))


def send_routed(conn: Connection, options: bytes, flags: str, payload: bytes = b"") -> None:
    """The segment that is due, in a datagram that has come by a route."""
    segment = craft.segment(conn, flags, payload=payload)
    ends = IPv4(src=conn.peer_address, dst=conn.address, options=options)
    conn.send_octets(build(Datagram(ends, segment)))
    conn.peer.snd.nxt = conn.peer.snd.nxt + segment.seg_len


def way(arrival: Arrival) -> tuple[str, bytes]:
    """Where a datagram goes first, and its options."""
    return arrival.datagram.ip.dst, header_options(arrival)


def given(bench: Bench, options: bytes) -> Socket:
    """A socket whose application has given a source route."""
    sock = bench.app.socket()
    sock.call("setsockopt", ("name", "IPPROTO_IP"), ("name", "IP_OPTIONS"), ("octets", options))
    return sock


@case(
    "RFC9293:MUST-51",
    rows={"loose": (LOOSE, (NEAR,)), "strict": (STRICT, (NEAR,)), "two": (LOOSE, (NEAR, FAR))},
    **ROUTED,
)
def route_of_the_application(bench: Bench, row: tuple[int, tuple[str, ...]]) -> None:
    """A source route given before connect(); SYN, ACK, text and FIN go to the first router.

    The option holds the routers behind it and, at its end, the host that connect() names.
    """
    kind, routers = row
    sock = given(bench, route(kind, *routers))
    connecting = sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    sent = [latest(conn)]
    conn.send("SA")
    sent.append(conn.expect("A", ack=conn.peer.snd.nxt))
    connecting.expect_return(0)
    sock.send(b"text")
    sent.append(conn.expect("A", payload=b"text"))
    conn.send("A")
    sock.shutdown()
    sent.append(conn.expect("FA"))
    wanted = routers[0], route(kind, *routers[1:], bench.peer_address)
    bench.check([way(each) for each in sent], [wanted] * 4, "ways of SYN, ACK, text and FIN")


@case("RFC9293:MUST-16", **ROUTED)
def option_takes_room_from_the_text(bench: Bench) -> None:
    """A source route of eight octets and much text; no datagram is longer than the MTU."""
    sock = given(bench, route(LOOSE, NEAR))
    connecting = sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    with bench.reaching("ESTABLISHED"):
        conn.send("SA")
        conn.expect("A", ack=conn.peer.snd.nxt)
        connecting.expect_return(0)
    sock.send(bytes(4000))
    full = conn.expect("A", payload=ANY)
    bench.check(len(full.octets) <= bench.manifest.limits.mtu, True, "a datagram within the MTU")


@case("RFC9293:MUST-52", **ROUTED)
def route_of_the_application_comes_first(bench: Bench) -> None:
    """connect() along a route, and the peer's segments come by another; the first one stays."""
    wanted = NEAR, route(LOOSE, bench.peer_address)
    sock = given(bench, route(LOOSE, NEAR))
    connecting = sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    send_routed(conn, travelled(LOOSE, FAR, OTHER), "SA")
    bench.check(way(conn.expect("A", ack=conn.peer.snd.nxt)), wanted, "way of the ACK")
    connecting.expect_return(0)
    send_routed(conn, travelled(LOOSE, OTHER), "PA", b"data")
    sock.recv(8, want=b"data")
    sock.send(b"text")
    bench.check(way(conn.expect("A", payload=b"text")), wanted, "way of the text")


@case(
    "RFC9293:MUST-53",
    rows={"one": (LOOSE, (NEAR,)), "two": (LOOSE, (NEAR, FAR)), "strict": (STRICT, (NEAR, FAR))},
    **ROUTED,
    state="LISTEN",
)
def way_back_of_a_passive_open(bench: Bench, row: tuple[int, tuple[str, ...]]) -> None:
    """A SYN that has come by a source route; SYN,ACK, ACK, text and FIN go back by it reversed.

    What comes later without a route changes nothing.
    """
    kind, routers = row
    back = routers[::-1]
    sock = listener(bench)
    conn = bench.connection()
    send_routed(conn, travelled(kind, *routers), "S")
    sent = [conn.expect("SA", ack=conn.peer.snd.nxt)]
    conn.send("A")
    conn.app = sock.accept()
    conn.send("PA", payload=b"data")
    sent.append(conn.expect("A", ack=conn.peer.snd.nxt))
    conn.app.send(b"text")
    sent.append(conn.expect("A", payload=b"text"))
    conn.send("A")
    conn.app.shutdown()
    sent.append(conn.expect("FA"))
    wanted = back[0], route(kind, *back[1:], conn.peer_address)
    bench.check([way(each) for each in sent], [wanted] * 4, "ways of SYN,ACK, ACK, text and FIN")


@case("RFC9293:SHLD-24", **ROUTED, state="ESTABLISHED")
def later_route_counts(bench: Bench) -> None:
    """A SYN by one source route, text by another; from then on segments go by the later one."""
    sock = listener(bench)
    conn = bench.connection()
    with bench.reaching("ESTABLISHED"):
        send_routed(conn, travelled(LOOSE, NEAR), "S")
        conn.expect("SA", ack=conn.peer.snd.nxt)
        send_routed(conn, travelled(LOOSE, NEAR), "A")
        conn.app = sock.accept()
    send_routed(conn, travelled(LOOSE, FAR, OTHER), "PA", b"data")
    conn.app.recv(8, want=b"data")
    conn.drop_arrivals()
    conn.app.send(b"text")
    text = conn.expect("A", payload=b"text")
    bench.check(way(text), (OTHER, route(LOOSE, FAR, conn.peer_address)), "way of the text")


@case("RFC9293:MUST-53", **ROUTED, state="ESTABLISHED")
def forged_route_is_not_taken(bench: Bench) -> None:
    """Text far out of the window comes by a source route; answers go on as before.

    Whoever cannot guess a sequence number is not to lead a connection past himself.
    """
    sock = listener(bench)
    conn = bench.connection()
    with bench.reaching("ESTABLISHED"):
        send_routed(conn, travelled(LOOSE, NEAR), "S")
        conn.expect("SA", ack=conn.peer.snd.nxt)
        conn.send("A")
        conn.app = sock.accept()
    forged = craft.segment(conn, "PA", seq=int(conn.peer.snd.nxt + 2**30), payload=b"forged")
    ends = IPv4(src=conn.peer_address, dst=conn.address, options=travelled(LOOSE, FAR))
    conn.send_octets(build(Datagram(ends, forged)))
    conn.drop_arrivals()
    conn.app.send(b"text")
    text = conn.expect("A", payload=b"text")
    bench.check(way(text), (NEAR, route(LOOSE, conn.peer_address)), "way of the text")


@case("RFC7126:4.3-SOURCE-ROUTE", ip=(4,), state="LISTEN", measures=True)
def taken_unless_told_otherwise(bench: Bench) -> None:
    """SYN that has come by a source route, in the stack's own settings; whether it is answered."""
    sock = listener(bench)
    conn = bench.connection()
    send_routed(conn, travelled(LOOSE, NEAR), "S")
    answers = conn.drop_arrivals()
    bench.measure("SYN with a completed source route", "taken" if answers else "dropped")
    serves(sock)
