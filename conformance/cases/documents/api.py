"""What the source documents say of the socket calls."""

from tcpassay.conformance.app import Pending, Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import told
from tcpassay.conformance.reach import (
    PEER_PORT,
    app_closes,
    established,
    handshake,
    listener,
    peer_acks,
    peer_closes,
    syn_sent,
)


def readable_and_writable(bench: Bench, sock: Socket) -> tuple[bool, bool]:
    """What select() says of one socket now."""
    returned = bench.app.select(read=(sock,), write=(sock,)).expect_return()
    read, write = [value for tag, value in returned.out if tag == "fds"][:2]
    return bool(read), bool(write)


@case("DOC-01", own_process=True, needs=("descriptors", "processes"))
def first_descriptor_is_three(bench: Bench) -> None:
    """A fresh process makes sockets; 3, 4, and 3 again once that is closed."""
    first = bench.app.socket()
    bench.check(first.fd, 3, "the first descriptor")
    bench.check(bench.app.socket().fd, 4, "the second descriptor")
    first.close()
    bench.check(bench.app.socket().fd, 3, "the descriptor after close(3)")


#: SOCK_STREAM and IPPROTO_TCP as numbers, and a family, a type and protocols that do not fit.
STREAM, IPPROTO_TCP, IPPROTO_UDP = 1, 6, 17
NO_FAMILY, NO_TYPE = 99, "SOCK_RDM"
#: Of a type that no protocol offers POSIX says EPROTOTYPE, systems also the three others.
WRONG_TYPE = ("EPROTOTYPE", "ESOCKTNOSUPPORT", "EPROTONOSUPPORT", "EINVAL")


def family_of(bench: Bench) -> str:
    """The address family of this run."""
    return "AF_INET" if bench.ip == 4 else "AF_INET6"


def ask(bench: Bench, family: str | int, kind: str, protocol: int) -> Pending:
    """socket() with any three arguments."""
    return bench.app.begin("socket", ("name", family), ("flags", (kind,)), ("value", protocol))


@case("DOC-02", rows={"default": 0, "tcp": IPPROTO_TCP})
def stream_socket(bench: Bench, protocol: int) -> None:
    """A stream socket with protocol 0 or TCP; it is made, and of that type."""
    made = ask(bench, family_of(bench), "SOCK_STREAM", protocol).expect_return()
    kind = Socket(bench.app, made.value).get_option("SOL_SOCKET", "SO_TYPE")
    bench.check(kind, STREAM, "SO_TYPE")


@case(
    "DOC-02",
    "DOC-01",
    rows={
        "family": (NO_FAMILY, "SOCK_STREAM", 0, ("EAFNOSUPPORT",)),
        "type": ("", NO_TYPE, 0, WRONG_TYPE),
        "protocol": ("", "SOCK_STREAM", IPPROTO_UDP, ("EPROTONOSUPPORT", "EPROTOTYPE")),
    },
    needs=("descriptors",),
)
def combination_that_is_not_valid(
    bench: Bench, row: tuple[str | int, str, int, tuple[str, ...]]
) -> None:
    """A family, a type or a protocol that does not fit the others; an error, and no descriptor."""
    family, kind, protocol, errors = row
    before = bench.app.socket().fd
    got = ask(bench, family or family_of(bench), kind, protocol).expect_return(errno=errors)
    bench.check(got.value, -1, "what socket() returned", requirement="DOC-01")
    bench.check(bench.app.socket().fd, before + 1, "the next descriptor", requirement="DOC-01")


@case(
    "DOC-02",
    rows={"datagram": ("AF_INET", "SOCK_DGRAM"), "unix": ("AF_UNIX", "SOCK_STREAM")},
    ip=(4,),
    measures=True,
)
def other_kinds(bench: Bench, row: tuple[str, str]) -> None:
    """Combinations that POSIX has and a TCP stack need not; which there are is recorded."""
    answer = told(ask(bench, *row, 0))
    wanted = {"success", "EAFNOSUPPORT", "EPROTONOSUPPORT", "EPROTOTYPE", "ESOCKTNOSUPPORT"}
    bench.check(answer in wanted, True, "socket()")
    bench.measure("socket()", answer)


#: What systems tell where every ephemeral port is in use; POSIX has the first for it.
NO_PORT_LEFT = ("EADDRNOTAVAIL", "EADDRINUSE", "EAGAIN")


@case("DOC-06", "RFC9293:MUST-44", needs=("active_open",))
def source_of_unbound_connects(bench: Bench) -> None:
    """Five connects without bind(); the interface's address, an ephemeral port each, none twice."""
    ports = []
    for _ in range(5):
        sock = bench.app.socket()
        sock.begin_connect(PEER_PORT)
        conn = bench.expect_syn()
        bench.check(conn.address in bench.stack_addresses, True, "an address of the interface")
        bench.check(
            sock.getsockname(),
            (conn.address, conn.port),
            "getsockname()",
            requirement="RFC9293:MUST-44",
        )
        ports.append(conn.port)
    bench.check(len(set(ports)), 5, "different source ports")
    bench.check(min(ports) >= 1024, True, "ports above the protected ones")


@case("DOC-06", needs=("active_open",), settings=("four_ports",), state="TIME-WAIT")
def port_in_time_wait_is_not_taken(bench: Bench) -> None:
    """Of four ephemeral ports one is in TIME-WAIT; three connects take the others, a fourth fails.

    RFC 9293, 3.10.1 as well: an OPEN of a connection in TIME-WAIT is an error.
    """
    old, connecting = syn_sent(bench)
    with bench.reaching("TIME-WAIT"):
        old.send("SA")
        old.expect("A")
        connecting.expect_return(0)
        app_closes(old, "close")
        peer_acks(old)
        peer_closes(old)
        old.expect_state("TIME-WAIT")
    for _ in range(3):
        bench.app.socket().begin_connect(PEER_PORT)
        conn = bench.expect_syn()
        bench.check(conn.port != old.port, True, "another port than the one in TIME-WAIT")
    bench.app.socket().connect(PEER_PORT, errno=NO_PORT_LEFT)


@case("DOC-06", needs=("active_open",), settings=("four_ports",), state="SYN-SENT")
def no_port_is_used_twice(bench: Bench) -> None:
    """Four ephemeral ports and five connects; four SYNs from four ports, then an error.

    Once a socket is closed its port is free again, so the next SYN comes from there.
    """
    made = []
    for _ in range(4):
        sock = bench.app.socket()
        connecting = sock.begin_connect(PEER_PORT)
        made.append((sock, bench.expect_syn(), connecting))
    bench.check(len({conn.port for _, conn, _ in made}), 4, "different source ports")
    bench.app.socket().connect(PEER_PORT, errno=NO_PORT_LEFT)
    sock, refused, connecting = made[2]
    refused.send(TCP(flags="RA", seq=0))
    connecting.expect_return(errno="ECONNREFUSED")
    sock.close()
    bench.app.socket().begin_connect(PEER_PORT)
    refused.expect("S")


@case("DOC-20", needs=("nonblocking",))
def accept_and_accept4(bench: Bench) -> None:
    """Two clients, one by accept() and one by accept4(SOCK_NONBLOCK); recv() waits, or EAGAIN."""
    sock = listener(bench)
    first, second = (handshake(bench.connection()) for _ in range(2))
    first.app = sock.accept()
    second.app = Socket(bench.app, sock.call("accept4", ("flags", ("SOCK_NONBLOCK",))).value)
    reading = first.app.begin_recv(10)
    reading.expect_blocked()
    second.app.recv(10, errno="EAGAIN")
    for conn in (first, second):
        conn.send(TCP(flags="PA") / Raw(b"text"))
    reading.expect_return(octets=b"text")
    second.app.recv(10, want=b"text")


@case("DOC-27", needs=("active_open",), state="SYN-SENT")
def refused_socket_is_of_no_use(bench: Bench) -> None:
    """connect() is refused; again on that socket fails, on a new socket it succeeds."""
    conn, connecting = syn_sent(bench)
    with bench.reaching("a refused socket"):
        conn.send(TCP(flags="RA", seq=0))
        connecting.expect_return(errno=("ECONNREFUSED", "ECONNRESET"))
    fresh, connecting = syn_sent(bench, port=PEER_PORT + 1)
    fresh.send("SA")
    fresh.expect("A", seq=fresh.target.snd.nxt, ack=fresh.peer.snd.nxt)
    connecting.expect_return(0)
    again = conn.app.begin_connect(PEER_PORT)
    bench.check(len(bench.strays), 0, "SYNs from the socket that was refused")
    bench.check(again.returned is not None and again.returned.errno is not None, True, "an error")


@case("DOC-29", needs=("active_open", "nonblocking", "poll"), state="SYN-SENT")
def background_connect_succeeds(bench: Bench) -> None:
    """connect() without blocking; EINPROGRESS, EALREADY, writable with the SYN-ACK, EISCONN.

    The first repeat after success may report that success once: it is the call that asks.
    """
    sock = bench.app.socket("SOCK_NONBLOCK")
    sock.connect(PEER_PORT, errno="EINPROGRESS")
    conn = bench.expect_syn()
    bench.check(readable_and_writable(bench, sock), (False, False), "select() before the answer")
    sock.connect(PEER_PORT, errno="EALREADY")
    conn.send(TCP(flags="SA"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    bench.check(readable_and_writable(bench, sock), (False, True), "select() after the SYN-ACK")
    bench.check(sock.error(), 0, "SO_ERROR")
    first = sock.begin_connect(PEER_PORT).returned
    told = (first.errno or "success") if first else "no return"
    bench.check(told in {"success", "EISCONN"}, True, "connect() again")
    sock.connect(PEER_PORT, errno="EISCONN")
    bench.measure("connect() again after success", told)


@case("DOC-29", needs=("active_open", "nonblocking", "poll"), state="SYN-SENT")
def background_connect_is_refused(bench: Bench) -> None:
    """connect() without blocking, and RST; readable and writable, SO_ERROR is ECONNREFUSED."""
    sock = bench.app.socket("SOCK_NONBLOCK")
    sock.connect(PEER_PORT, errno="EINPROGRESS")
    conn = bench.expect_syn()
    waiting = bench.app.select(write=(sock,), timeout_ms=-1)
    waiting.expect_blocked()
    conn.send(TCP(flags="RA", seq=0))
    waiting.expect_return(1)
    bench.check(readable_and_writable(bench, sock), (True, True), "select() after the RST")
    got = sock.call("getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_ERROR"))
    bench.check(got.get("name"), "ECONNREFUSED", "SO_ERROR")


@case("DOC-36", needs=("descriptors",), rows={"accepted": "listen", "connected": "connect"})
def fin_with_the_last_reference(bench: Bench, way: str) -> None:
    """Three descriptors of one connection are closed in turn; FIN with the last, no sooner."""
    conn = established(bench, "connect" if way == "connect" else "listen")
    copies = [conn.app.dup(), conn.app.dup()]
    conn.app.close()
    copies[0].close()
    conn.expect_silence(0.1)
    conn.expect_state("ESTABLISHED")
    copies[1].send(b"still here")
    conn.expect("A", payload=b"still here")
    conn.send("A")
    copies[1].close()
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)


@case("DOC-38", own_process=True, needs=("processes",), state="CLOSE-WAIT")
def writing_to_a_process_that_has_gone(bench: Bench) -> None:
    """FIN, the first send() goes out and draws RST; the next is EPIPE with SIGPIPE.

    recv() gives 0 before the RST; after it ECONNRESET or 0, recorded.
    """
    conn = established(bench)
    peer_closes(conn)
    conn.app.recv(10, want=b"")
    conn.app.send(b"anybody")
    conn.expect("A", payload=b"anybody", ack=conn.peer.snd.nxt)
    conn.send(TCP(flags="R"))
    conn.app.send(b"there", errno="EPIPE")
    told = [(event.process, event.signal) for event in bench.signals]
    bench.check(told, [(1, "SIGPIPE")], "signals")
    returned = conn.app.begin_recv(10).returned
    answer = (returned.errno or f"{returned.value} octets") if returned else "no return"
    bench.check(answer in {"ECONNRESET", "0 octets"}, True, "recv() after the RST")
    bench.measure("recv() after the RST", answer)


def end(conn: Connection) -> None:
    """The target's FIN is here: the peer acknowledges it, sends its own, and both are done."""
    conn.send("A")
    conn.expect_state("FIN-WAIT-2")
    conn.send(TCP(flags="FA"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("TIME-WAIT")


@case("DOC-50", state="LISTEN")
def whole_life_of_a_server(bench: Bench) -> None:
    """socket, bind, listen, accept, text both ways, four-way close by the client; every state."""
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT)
    sock.listen()
    accepting = sock.begin_accept()
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.expect_state("SYN-RECEIVED")
    accepting.expect_blocked()
    conn.send("A")
    conn.app = sock.accepted(accepting)
    conn.expect_state("ESTABLISHED")
    conn.send(TCP(flags="PA") / Raw(b"question"))
    conn.app.recv(100, want=b"question")
    conn.app.send(b"answer")
    conn.expect("A", payload=b"answer", ack=conn.peer.snd.nxt)
    conn.send("A")
    conn.send("FA")
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("CLOSE-WAIT")
    conn.app.recv(100, want=b"")
    conn.app.close()
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("LAST-ACK")
    conn.send("A")
    conn.expect_state("CLOSED")
    sock.close()


@case("DOC-50", needs=("active_open",), state="CLOSED")
def whole_life_of_a_client(bench: Bench) -> None:
    """socket, connect, text both ways, four-way close by the client; every state to TIME-WAIT."""
    sock = bench.app.socket()
    connecting = sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    conn.app = sock
    conn.expect_state("SYN-SENT")
    connecting.expect_blocked()
    conn.send(TCP(flags="SA", options=[("MSS", 1460)]))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    connecting.expect_return(0)
    conn.expect_state("ESTABLISHED")
    sock.send(b"question")
    conn.expect("A", payload=b"question", ack=conn.peer.snd.nxt)
    conn.send(TCP(flags="PA") / Raw(b"answer"))
    sock.recv(100, want=b"answer")
    sock.close()
    _, arrival = conn.expect_one_of(
        Pattern("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt),
        Pattern("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt),
    )
    if not arrival.scapy()["TCP"].flags.F:
        conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("FIN-WAIT-1")
    end(conn)
