"""Socket calls for fast open: TCP_FASTOPEN, TCP_FASTOPEN_CONNECT and MSG_FASTOPEN.

RFC 7413, appendix A, gives them as examples; the names and errors are those of Linux.
"""

from tcpassay.conformance.app import Socket, ready
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import ANY
from tcpassay.conformance.probes import cookie_in, latest
from tcpassay.conformance.reach import PEER_PORT, listener
from tcpassay.wire import FastOpen, MaximumSegmentSize

API = {"needs": ("fastopen", "active_open", "errno"), "settings": ("fastopen",)}
CALLS, DEFERRED = "LINUX:TCP_FASTOPEN", "LINUX:TCP_FASTOPEN_CONNECT"
COOKIE = bytes(range(8))
MSS = MaximumSegmentSize(1460)


def deferring(bench: Bench) -> Socket:
    """A new socket with TCP_FASTOPEN_CONNECT."""
    sock = bench.app.socket()
    sock.set_option("IPPROTO_TCP", "TCP_FASTOPEN_CONNECT", 1)
    return sock


def granted(bench: Bench) -> None:
    """The peer has given the target a cookie, to a connect() that asked for one."""
    with bench.reaching("a cached cookie"):
        sock = deferring(bench)
        pending = sock.begin_connect(PEER_PORT)
        conn = bench.expect_syn()
        conn.send("SA", options=(MSS, FastOpen(COOKIE)))
        conn.expect("A", ack=conn.peer.snd.nxt)
        pending.expect_return(0)
        conn.send("R", ack=None)
        sock.close()


@case(CALLS, state="LISTEN", **API)
def queue_length_is_read_back(bench: Bench) -> None:
    """TCP_FASTOPEN of 7 on a listener and of -1; 7 is read back, the other is EINVAL."""
    sock = listener(bench)
    bench.check(sock.get_option("IPPROTO_TCP", "TCP_FASTOPEN"), 0, "TCP_FASTOPEN before")
    sock.set_option("IPPROTO_TCP", "TCP_FASTOPEN", 7)
    bench.check(sock.get_option("IPPROTO_TCP", "TCP_FASTOPEN"), 7, "TCP_FASTOPEN")
    sock.set_option("IPPROTO_TCP", "TCP_FASTOPEN", -1, errno="EINVAL")


@case(CALLS, state="LISTEN", **API)
def queue_length_before_listen(bench: Bench) -> None:
    """TCP_FASTOPEN before listen(); the listener grants a cookie."""
    sock = bench.app.socket()
    sock.set_option("IPPROTO_TCP", "TCP_FASTOPEN", 5)
    sock.bind(8080)
    sock.listen()
    conn = bench.connection(port=8080)
    conn.send("S", options=(MSS, FastOpen()))
    answer = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check(bool(cookie_in(answer)), True, "a cookie in the SYN-ACK")


@case(DEFERRED, state="CLOSED", **API)
def deferred_connect_waits_for_text(bench: Bench) -> None:
    """A cookie is known: connect() returns at once without a SYN; send() puts its text on one."""
    granted(bench)
    sock = deferring(bench)
    sock.connect(PEER_PORT)
    told = sock.app.poll((sock, ("POLLOUT",))).expect_return(1)
    bench.check(ready(told, sock), ("POLLOUT",), "events before the SYN")
    sock.send(b"at once")
    conn = bench.expect_syn()
    bench.check(latest(conn).segment.payload, b"at once", "text on the SYN")
    conn.send("SA", options=(MSS,))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.send("PA", payload=b"answer")
    sock.recv(100, want=b"answer")


@case(DEFERRED, state="SYN-SENT", **API)
def deferring_connect_without_a_cookie(bench: Bench) -> None:
    """No cookie is known: connect() sends a SYN that asks for one, and blocks."""
    sock = deferring(bench)
    pending = sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    bench.check(cookie_in(latest(conn)), b"", "the cookie on the SYN")
    pending.expect_blocked()
    conn.send("SA")
    pending.expect_return(0)


@case(DEFERRED, state="CLOSED", **API)
def deferred_connect_is_connected(bench: Bench) -> None:
    """A deferred connect() is called again; EISCONN."""
    granted(bench)
    sock = deferring(bench)
    sock.connect(PEER_PORT)
    sock.set_nonblocking()
    sock.connect(PEER_PORT, errno="EISCONN")
    sock.close()
    bench.check(len(bench.strays), 0, "segments sent")


@case(CALLS, state="ESTABLISHED", **API)
def opening_twice(bench: Bench) -> None:
    """MSG_FASTOPEN on a connection that is open; EISCONN."""
    sock = bench.app.socket()
    pending = sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    conn.send("SA")
    pending.expect_return(0)
    where = (bench.peer_address, PEER_PORT)
    sock.call(
        "sendmsg",
        ("octets", b"again"),
        ("flags", ("MSG_FASTOPEN",)),
        ("address", where),
        errno="EISCONN",
    )


@case(CALLS, state="CLOSED", needs=API["needs"], settings=("no_fastopen",))
def switched_off(bench: Bench) -> None:
    """Fast open is off: MSG_FASTOPEN and TCP_FASTOPEN_CONNECT fail with EOPNOTSUPP."""
    sock = bench.app.socket()
    where = (bench.peer_address, PEER_PORT)
    sock.call(
        "sendmsg",
        ("octets", b"text"),
        ("flags", ("MSG_FASTOPEN",)),
        ("address", where),
        errno="EOPNOTSUPP",
    )
    sock.set_option("IPPROTO_TCP", "TCP_FASTOPEN_CONNECT", 1, errno=("EOPNOTSUPP", "ENOPROTOOPT"))


@case(CALLS, state="ESTABLISHED", **API)
def names_of_an_early_open(bench: Bench) -> None:
    """accept() before the handshake ends; getpeername() and shutdown() work on what it gave."""
    sock = listener(bench)
    sock.set_option("IPPROTO_TCP", "TCP_FASTOPEN", 5)
    asking = bench.connection()
    asking.send("S", options=(MSS, FastOpen()))
    answer = asking.expect("SA", ack=asking.peer.snd.nxt)
    cookie = cookie_in(answer) or b""
    conn = bench.connection()
    conn.send("S", payload=b"at once", options=(MSS, FastOpen(cookie)))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.app = sock.accept()
    bench.check(conn.app.getpeername(), (conn.peer_address, conn.peer_port), "getpeername()")
    conn.app.recv(100, want=b"at once")
    conn.app.shutdown("SHUT_WR")
    conn.send("A", ack=conn.target.iss + 1)
    conn.expect("FA", seq=conn.target.iss + 1, payload=ANY)
