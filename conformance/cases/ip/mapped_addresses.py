"""IPv4 through AF_INET6 sockets: RFC 3493, sections 3.7 and 5.3.

On the wire it is IPv4; only the socket calls show ::ffff:a.b.c.d.
"""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.probes import serves
from tcpassay.conformance.reach import PEER_PORT

ANY_IPV6 = "::"
V6ONLY = "RFC3493:5.3-V6ONLY"
MAPPED = "RFC3493:3.7-MAPPED"


def mapped(address: str) -> str:
    """An IPv4 address as an AF_INET6 socket tells it."""
    return f"::ffff:{address}"


def listening(bench: Bench, *, v6only: bool, address: str = ANY_IPV6) -> Socket:
    """A listener of the family AF_INET6."""
    sock = ipv6_socket(bench, v6only=v6only)
    sock.bind(LISTEN_PORT, address)
    sock.listen()
    return sock


def ipv6_socket(bench: Bench, *, v6only: bool) -> Socket:
    """A socket of the family AF_INET6, with IPV6_V6ONLY said."""
    sock = bench.app.socket(family="AF_INET6")
    sock.set_option("IPPROTO_IPV6", "IPV6_V6ONLY", int(v6only))
    return sock


@case(V6ONLY, MAPPED, needs=("ipv6",), ip=(4,), state="LISTEN")
def wildcard_takes_ipv4(bench: Bench) -> None:
    """SYN over IPv4 to a listener on :: without IPV6_V6ONLY; a connection with mapped names."""
    sock = listening(bench, v6only=False)
    conn = bench.connection()
    conn.send(TCP(flags="S"))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    accepted = sock.call("accept")
    client = (mapped(conn.peer_address), conn.peer_port)
    bench.check(accepted.get("address"), client, "address of accept()", requirement=MAPPED)
    conn.app = Socket(bench.app, accepted.value)
    bench.check(conn.app.getpeername(), client, "getpeername()", requirement=MAPPED)
    local = (mapped(conn.address), LISTEN_PORT)
    bench.check(conn.app.getsockname(), local, "getsockname()", requirement=MAPPED)
    conn.send(TCP(flags="PA") / Raw(b"data"))
    conn.app.recv(8, want=b"data")


@case(V6ONLY, needs=("ipv6",), ip=(4,), state="LISTEN")
def v6only_leaves_ipv4_alone(bench: Bench) -> None:
    """SYN over IPv4 to a listener on :: with IPV6_V6ONLY; reset, and IPv4 has the port free."""
    listening(bench, v6only=True)
    conn = bench.connection()
    conn.send(TCP(flags="S"))
    conn.expect("RA", seq=0, ack=conn.peer.snd.nxt)
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT)
    sock.listen()
    serves(sock)


@case(V6ONLY, ip=(6,), state="LISTEN")
def v6only_takes_ipv6(bench: Bench) -> None:
    """SYN over IPv6 to a listener on :: with IPV6_V6ONLY; a connection, and the option is told."""
    sock = listening(bench, v6only=True)
    bench.check(sock.get_option("IPPROTO_IPV6", "IPV6_V6ONLY"), 1, "IPV6_V6ONLY")
    serves(sock)


@case(V6ONLY, needs=("ipv6",), ip=(4,), state="LISTEN", measures=True)
def v6only_of_a_new_socket(bench: Bench) -> None:
    """IPV6_V6ONLY of a new socket; recorded, and the socket behaves as it says."""
    sock = bench.app.socket(family="AF_INET6")
    v6only = sock.get_option("IPPROTO_IPV6", "IPV6_V6ONLY")
    bench.measure("IPV6_V6ONLY of a new socket", v6only)
    sock.bind(LISTEN_PORT, ANY_IPV6)
    sock.listen()
    conn = bench.connection()
    conn.send("S")
    conn.expect("RA" if v6only else "SA", ack=conn.peer.snd.nxt)


@case(MAPPED, needs=("ipv6",), ip=(4,), state="LISTEN")
def listener_on_a_mapped_address(bench: Bench) -> None:
    """bind() to a mapped address; SYNs over IPv4 to it are taken, those to another are not."""
    sock = listening(bench, v6only=False, address=mapped(bench.stack_address))
    bench.check(sock.getsockname(), (mapped(bench.stack_address), LISTEN_PORT), "getsockname()")
    other = bench.connection(address=bench.stack_addresses[1])
    other.send(TCP(flags="S"))
    other.expect("RA", ack=other.peer.snd.nxt)
    serves(sock)


@case(MAPPED, needs=("ipv6", "active_open"), ip=(4,), state="CLOSED")
def connect_to_a_mapped_address(bench: Bench) -> None:
    """connect() to a mapped address; a SYN over IPv4, and both names are mapped."""
    sock = ipv6_socket(bench, v6only=False)
    connecting = sock.begin_connect(PEER_PORT, mapped(bench.peer_address))
    conn = bench.expect_syn()
    conn.send("SA")
    connecting.expect_return(0)
    bench.check(sock.getsockname(), (mapped(conn.address), conn.port), "getsockname()")
    bench.check(sock.getpeername(), (mapped(conn.peer_address), PEER_PORT), "getpeername()")


#: What POSIX has connect() say of an address that cannot be reached.
NO_WAY = ("ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL")


@case(V6ONLY, needs=("ipv6", "active_open"), ip=(4,), state="CLOSED")
def v6only_connects_to_no_mapped_address(bench: Bench) -> None:
    """connect() with IPV6_V6ONLY to a mapped address; an error at once and no SYN."""
    sock = ipv6_socket(bench, v6only=True)
    sock.connect(PEER_PORT, mapped(bench.peer_address), errno=NO_WAY)
    bench.check(len(bench.strays), 0, "SYNs")
