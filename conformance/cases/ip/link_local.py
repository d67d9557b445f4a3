"""Link-local addresses: they mean something with their interface alone. RFC 3493, 3.3; RFC 4007.

The number of the interface stands behind an address (fe80::2%77), which is sin6_scope_id in C. No
case knows it beforehand: the first client's address tells it.
"""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import PEER_PORT, listener

STACK, PEER = "fe80::1", "fe80::2"
SCOPE = "RFC3493:3.3-SCOPE"
ON_THE_LINK = {"settings": ("link_local",), "ip": (6,)}
#: Of the listener that the interface's number is learned from.
FIRST_PORT = LISTEN_PORT + 1


def from_the_link(bench: Bench, port: int = LISTEN_PORT, address: str = STACK) -> Connection:
    """A connection of a neighbour that uses its link-local address."""
    return bench.connection(peer_address=PEER, address=address, port=port)


def interface(bench: Bench) -> str:
    """What stands behind the link-local address of a client: the interface."""
    with bench.reaching("a client with a link-local address"):
        sock = listener(bench, port=FIRST_PORT)
        conn = from_the_link(bench, FIRST_PORT)
        conn.send("S")
        conn.expect("SA", ack=conn.peer.snd.nxt)
        conn.send("A")
        address = sock.accept().getpeername()[0]
        bench.check(address.startswith(f"{PEER}%"), True, "the interface behind the address")
    return address.removeprefix(PEER)


@case(SCOPE, "RFC9293:MUST-45", **ON_THE_LINK, state="LISTEN")
def client_on_the_link(bench: Bench) -> None:
    """SYN between link-local addresses to a wildcard listener; a connection, names with scope."""
    sock = listener(bench)
    conn = from_the_link(bench)
    conn.send(TCP(flags="S"))
    answer = conn.expect("SA", ack=conn.peer.snd.nxt, requirement="MUST-45")
    bench.check(answer.datagram.ip.src, STACK, "source", requirement="MUST-45")
    conn.send("A")
    accepted = sock.call("accept")
    conn.app = Socket(bench.app, accepted.value)
    host, port = conn.app.getpeername()
    peer, _, zone = host.partition("%")
    bench.check((peer, port), (PEER, conn.peer_port), "getpeername() without the scope")
    bench.check(zone.isdecimal() and int(zone) > 0, True, "an interface in getpeername()")
    bench.check(accepted.get("address"), (host, port), "address of accept()")
    bench.check(conn.app.getsockname(), (f"{STACK}%{zone}", LISTEN_PORT), "getsockname()")
    conn.send(TCP(flags="PA") / Raw(b"data"))
    conn.app.recv(8, want=b"data")


@case("RFC9293:MUST-44", SCOPE, **ON_THE_LINK, needs=("active_open",), state="CLOSED")
def connect_on_the_link(bench: Bench) -> None:
    """connect() to a link-local address with its interface; a SYN, from the link-local address."""
    zone = interface(bench)
    sock = bench.app.socket()
    connecting = sock.begin_connect(PEER_PORT, PEER + zone)
    conn = bench.expect_syn(requirement=SCOPE)
    bench.check((conn.address, conn.peer_address), (STACK, PEER), "both ends of the SYN")
    conn.send("SA")
    connecting.expect_return(0, requirement=SCOPE)
    bench.check(sock.getpeername(), (PEER + zone, PEER_PORT), "getpeername()", requirement=SCOPE)


@case("LINUX:LINK-LOCAL-SCOPE", **ON_THE_LINK, needs=("active_open",), state="CLOSED")
def neighbour_on_no_interface(bench: Bench) -> None:
    """connect() and bind() to link-local addresses without an interface; EINVAL and no SYN."""
    bench.app.socket().connect(PEER_PORT, PEER, errno="EINVAL")
    bench.app.socket().bind(LISTEN_PORT, STACK, errno="EINVAL")
    bench.check(len(bench.strays), 0, "SYNs")


@case(SCOPE, **ON_THE_LINK, state="LISTEN")
def listener_for_the_link(bench: Bench) -> None:
    """bind() to the link-local address; SYNs to it are taken, those to the global one are not."""
    zone = interface(bench)
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT, STACK + zone)
    bench.check(sock.getsockname(), (STACK + zone, LISTEN_PORT), "getsockname()")
    sock.listen()
    outside = bench.connection()
    outside.send(TCP(flags="S"))
    outside.expect("RA", seq=0, ack=outside.peer.snd.nxt)
    neighbour = from_the_link(bench)
    neighbour.send(TCP(flags="S"))
    neighbour.expect("SA", ack=neighbour.peer.snd.nxt)
