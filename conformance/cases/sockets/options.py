"""getsockopt(), setsockopt(): defaults, and what options do."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.match import ANY
from tcpassay.conformance.reach import established, handshake, reach

NO_SUCH_OPTION = 0x7F00
SMALL_BUFFER = 4096
STATES = (
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "LAST-ACK",
    "CLOSING",
    "SYN-SENT",
)


def state_of(sock: Socket) -> object:
    """The state that TCP_INFO names."""
    info = sock.call("getsockopt", ("name", "IPPROTO_TCP"), ("name", "TCP_INFO")).get("state")
    return info.get("state") if isinstance(info, dict) else info


@case("POSIX:REUSEADDR-DEFAULT")
def reuseaddr_is_off(bench: Bench) -> None:
    """SO_REUSEADDR of a new socket; 0, and it reads back once set."""
    sock = bench.app.socket()
    bench.check(sock.get_option("SOL_SOCKET", "SO_REUSEADDR"), 0, "SO_REUSEADDR")
    sock.set_option("SOL_SOCKET", "SO_REUSEADDR", 1)
    bench.check(sock.get_option("SOL_SOCKET", "SO_REUSEADDR"), 1, "SO_REUSEADDR once set")


@case("POSIX:LINGER-DEFAULT", needs=("linger",))
def linger_is_off(bench: Bench) -> None:
    """SO_LINGER of a new socket; off and zero, and it reads back once set."""
    sock = bench.app.socket()
    asked = (("name", "SOL_SOCKET"), ("name", "SO_LINGER"))
    bench.check(sock.call("getsockopt", *asked).get("linger"), (0, 0), "SO_LINGER")
    sock.set_linger(7)
    bench.check(sock.call("getsockopt", *asked).get("linger"), (1, 7), "SO_LINGER once set")


@case("POSIX:KEEPALIVE-DEFAULT", needs=("keepalive",))
def keepalive_is_off(bench: Bench) -> None:
    """SO_KEEPALIVE of a new socket; 0."""
    sock = bench.app.socket()
    bench.check(sock.get_option("SOL_SOCKET", "SO_KEEPALIVE"), 0, "SO_KEEPALIVE")


@case("POSIX:OOBINLINE-DEFAULT", needs=("urgent",))
def oobinline_is_off(bench: Bench) -> None:
    """SO_OOBINLINE of a new socket; 0."""
    sock = bench.app.socket()
    bench.check(sock.get_option("SOL_SOCKET", "SO_OOBINLINE"), 0, "SO_OOBINLINE")


@case("POSIX:SETSOCKOPT-ERRORS", rows={"socket": "SOL_SOCKET", "tcp": "IPPROTO_TCP"})
def unknown_option(bench: Bench, level: str) -> None:
    """An option that does not exist; setsockopt() and getsockopt() give ENOPROTOOPT."""
    sock = bench.app.socket()
    option = (("name", level), ("name", NO_SUCH_OPTION))
    sock.call("setsockopt", *option, ("value", 1), errno="ENOPROTOOPT")
    sock.call("getsockopt", *option, errno="ENOPROTOOPT")


@case("LINUX:SO_RCVBUF-WINDOW", rows={"listen": "listen", "connect": "connect"})
def receive_buffer_bounds_the_window(bench: Bench, way: str) -> None:
    """SO_RCVBUF of 4096 before the handshake; the window announced is not above twice that."""
    sock = bench.app.socket()
    sock.set_option("SOL_SOCKET", "SO_RCVBUF", SMALL_BUFFER)
    held = sock.get_option("SOL_SOCKET", "SO_RCVBUF")
    bench.check(held >= SMALL_BUFFER, True, "SO_RCVBUF is at least what was asked for")
    if way == "connect":
        sock.begin_connect(LISTEN_PORT)
        arrival = bench.expect_syn().last_arrival
        window = arrival.segment.window if arrival else 0
    else:
        sock.bind(LISTEN_PORT)
        sock.listen()
        conn = bench.connection()
        conn.send("S")
        window = conn.expect("SA", ack=conn.peer.snd.nxt).segment.window
    bench.check(0 < window <= 2 * SMALL_BUFFER, True, "a window within the buffer")


@case("RFC9293:SHLD-7", state="ESTABLISHED")
def nagle_is_on(bench: Bench) -> None:
    """Three small writes, the first not acknowledged; one segment, and after its ACK the rest."""
    conn = established(bench)
    first = conn.target.snd.nxt
    for piece in (b"0123456789", b"abcdefghij", b"ABCDEFGHIJ"):
        conn.app.send(piece)
    conn.expect("A", seq=first, payload=b"0123456789")
    conn.expect_silence(0.1)
    conn.send(TCP(flags="A"))
    conn.expect("A", seq=first + 10, payload=b"abcdefghijABCDEFGHIJ")


@case("RFC9293:3.7.4-NAGLE-FULL", state="ESTABLISHED")
def nagle_lets_full_segments_go(bench: Bench) -> None:
    """A small write, then MSS + 10 octets; a full segment goes at once, the tail after the ACK."""
    conn = established(bench, mss=500)
    first = conn.target.snd.nxt
    conn.app.send(b"x")
    conn.expect("A", seq=first, payload=b"x")
    conn.app.send(bytes(510))
    full = conn.expect("A", seq=first + 1, payload=ANY).segment
    size = len(full.payload)
    conn.bench.check(400 < size <= 500, True, "a full segment")
    conn.expect_silence(0.1)
    conn.send("A")
    conn.expect("A", seq=first + 1 + size, payload=510 - size)


@case(
    "RFC9293:MUST-17",
    "LINUX:TCP_NODELAY",
    rows={"before": True, "on_the_way": False},
    needs=("nodelay",),
    state="ESTABLISHED",
)
def nodelay(bench: Bench, before: bool) -> None:
    """TCP_NODELAY is 0 and is set; small writes go out at once though the first is not acked."""
    conn = established(bench)
    first = conn.target.snd.nxt
    bench.check(
        conn.app.get_option("IPPROTO_TCP", "TCP_NODELAY"),
        0,
        "TCP_NODELAY of a new connection",
        requirement="LINUX:TCP_NODELAY",
    )
    if before:
        conn.app.set_option("IPPROTO_TCP", "TCP_NODELAY", 1)
    conn.app.send(b"0123456789")
    conn.expect("A", seq=first, payload=b"0123456789")
    if not before:
        conn.app.set_option("IPPROTO_TCP", "TCP_NODELAY", 1)
    conn.app.send(b"abcdefghij")
    conn.expect("A", seq=first + 10, payload=b"abcdefghij", within=0.1)
    conn.app.send(b"ABCDEFGHIJ")
    conn.expect("A", seq=first + 20, payload=b"ABCDEFGHIJ", within=0.1)


@case("LINUX:TCP_MAXSEG", rows={"listen": "listen", "connect": "connect"})
def maximum_segment(bench: Bench, way: str) -> None:
    """TCP_MAXSEG of 500 before the handshake; the MSS option announces 500."""
    sock = bench.app.socket()
    sock.set_option("IPPROTO_TCP", "TCP_MAXSEG", 500)
    if way == "connect":
        sock.begin_connect(LISTEN_PORT)
        options = bench.expect_syn().last_arrival
        mss = dict(options.scapy()["TCP"].options).get("MSS") if options else None
        bench.check(mss, 500, "MSS option of the SYN")
        return
    sock.bind(LISTEN_PORT)
    sock.listen()
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt, mss=500)


@case(
    "RFC9293:3.10.6-STATUS",
    "LINUX:TCP_INFO-STATE",
    rows={state: state for state in STATES},
)
def state_is_told(bench: Bench, state: str) -> None:
    """TCP_INFO of a connection in each state that keeps its descriptor; it names that state."""
    conn = reach(bench, state)
    bench.check(state_of(conn.app), state, "TCP_INFO")


@case("RFC9293:3.10.6-STATUS", "LINUX:TCP_INFO-STATE")
def state_from_listen_to_open(bench: Bench) -> None:
    """TCP_INFO of a fresh socket, a listener and its child; CLOSED, LISTEN, ESTABLISHED."""
    sock = bench.app.socket()
    bench.check(state_of(sock), "CLOSED", "TCP_INFO of a fresh socket")
    sock.bind(LISTEN_PORT)
    sock.listen()
    bench.check(state_of(sock), "LISTEN", "TCP_INFO of a listener")
    handshake(bench.connection())
    bench.check(state_of(sock.accept()), "ESTABLISHED", "TCP_INFO of a child")
