"""Opening, closing and data: what the application can ask of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcpassay.conformance.bench import LISTEN_PORT
from tcpassay.conformance.match import ANY, Pattern
from tcpassay.conformance.probes import MANY, completed
from tcpassay.conformance.probing.probe import Probes, demand
from tcpassay.conformance.reach import (
    PEER_PORT,
    app_closes,
    established,
    handshake,
    listener,
    syn_received,
)

if TYPE_CHECKING:
    from tcpassay.conformance.app import Socket
    from tcpassay.conformance.bench import Bench

CONNECTIONS: Final = Probes()
TCP_LEVEL: Final = "IPPROTO_TCP"
_CLAMP: Final = 4096


@CONNECTIONS("active_open")
def active_open(bench: Bench) -> None:
    """connect(); a SYN, and with its answer the call returns."""
    established(bench, "connect")


@CONNECTIONS("simultaneous_open")
def simultaneous_open(bench: Bench) -> None:
    """connect() and a SYN that crosses its own; the call returns, text flows."""
    conn = established(bench, "simultaneous")
    conn.app.send(b"text")
    conn.expect("A", payload=b"text")


@CONNECTIONS("half_close")
def half_close(bench: Bench) -> None:
    """shutdown(SHUT_WR); a FIN, and what the peer sends is read still."""
    conn = established(bench)
    app_closes(conn)
    conn.send("A")
    conn.send("PA", payload=b"text")
    conn.app.recv(9, want=b"text")


@CONNECTIONS("urgent")
def urgent(bench: Bench) -> None:
    """MSG_OOB; the segment has URG, and the peer's urgent octet is read by MSG_OOB."""
    conn = established(bench)
    conn.app.send(b"!", "MSG_OOB")
    conn.expect("AU", payload=b"!")
    conn.send("PAU", payload=b"?", urgent=1)
    conn.app.recv(1, "MSG_OOB", want=b"?")


@CONNECTIONS("nonblocking")
def nonblocking(bench: Bench) -> None:
    """O_NONBLOCK and accept() with nobody there; EAGAIN."""
    sock = listener(bench)
    sock.set_nonblocking()
    sock.call("accept", errno=("EAGAIN", "EWOULDBLOCK"))


@CONNECTIONS("poll")
def poll(bench: Bench) -> None:
    """poll() of a connection; it can be written, and read once text has come."""
    conn = established(bench)
    bench.app.poll((conn.app, ("POLLOUT",))).expect_return(1)
    waiting = bench.app.poll((conn.app, ("POLLIN",)), timeout_ms=-1)
    waiting.expect_blocked()
    conn.send("PA", payload=b"text")
    waiting.expect_return(1)


@CONNECTIONS("linger")
def linger(bench: Bench) -> None:
    """SO_LINGER of 0 s, and close() with text that nobody has acknowledged; a reset."""
    conn = established(bench)
    conn.app.set_linger(0)
    conn.app.send(b"lost")
    conn.expect("A", payload=b"lost")
    conn.app.close()
    conn.expect_one_of(Pattern("R"), Pattern("RA"))


@CONNECTIONS("user_timeout")
def user_timeout(bench: Bench) -> None:
    """TCP_USER_TIMEOUT of 1 s, and text that nobody acknowledges; the connection ends soon."""
    conn = established(bench)
    conn.app.set_option(TCP_LEVEL, "TCP_USER_TIMEOUT", 1000)
    reading = conn.app.begin_recv(9)
    conn.app.send(b"lost")
    reading.expect_return(errno="ETIMEDOUT", within=6)


@CONNECTIONS("keepalive")
def keepalive(bench: Bench) -> None:
    """SO_KEEPALIVE with TCP_KEEPIDLE of 1 s; a probe of an octet that was acknowledged."""
    conn = established(bench)
    conn.app.set_option(TCP_LEVEL, "TCP_KEEPIDLE", 1)
    conn.app.set_option(TCP_LEVEL, "TCP_KEEPINTVL", 1)
    conn.app.set_option("SOL_SOCKET", "SO_KEEPALIVE", 1)
    conn.expect("A", seq=conn.target.snd.nxt - 1, payload=ANY, within=4)


@CONNECTIONS("nodelay")
def nodelay(bench: Bench) -> None:
    """TCP_NODELAY; a second small segment goes out behind one that is not acknowledged."""
    conn = established(bench)
    conn.app.set_option(TCP_LEVEL, "TCP_NODELAY", 1)
    for text in (b"one", b"two"):
        conn.app.send(text)
        conn.expect("A", payload=text, within=0.05)


@CONNECTIONS("reuse_port")
def reuse_port(bench: Bench) -> None:
    """SO_REUSEPORT on two sockets; both listen on one port."""
    for _ in range(2):
        sock = bench.app.socket()
        sock.set_option("SOL_SOCKET", "SO_REUSEPORT", 1)
        sock.bind(LISTEN_PORT)
        sock.listen()


@CONNECTIONS("cork")
def cork(bench: Bench) -> None:
    """TCP_CORK; two small pieces wait until it is cleared, and go as one."""
    conn = established(bench)
    conn.app.set_option(TCP_LEVEL, "TCP_CORK", 1)
    conn.app.send(b"one")
    conn.app.send(b"two")
    conn.expect_silence(0.05)
    conn.app.set_option(TCP_LEVEL, "TCP_CORK", 0)
    conn.expect("A", payload=b"onetwo", within=0.05)


@CONNECTIONS("quickack")
def quickack(bench: Bench) -> None:
    """TCP_QUICKACK is set; a small segment is acknowledged at once."""
    conn = established(bench)
    conn.app.set_option(TCP_LEVEL, "TCP_QUICKACK", 1)
    conn.send("PA", payload=b"text")
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.01)


@CONNECTIONS("syn_count", settings=("doubling_syn",))
def syn_count(bench: Bench) -> None:
    """TCP_SYNCNT of 1 and no answer; connect() fails after a second SYN."""
    sock = bench.app.socket()
    sock.set_option(TCP_LEVEL, "TCP_SYNCNT", 1)
    pending = sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    conn.expect("S", seq=conn.target.iss, within=4)
    pending.expect_return(errno="ETIMEDOUT", within=12)


@CONNECTIONS("defer_accept")
def defer_accept(bench: Bench) -> None:
    """TCP_DEFER_ACCEPT; accept() waits through the handshake and wakes with text."""
    sock = listener(bench)
    sock.set_option(TCP_LEVEL, "TCP_DEFER_ACCEPT", 5)
    waiting = sock.begin_accept()
    conn = handshake(bench.connection())
    bench.wait(0.02)
    waiting.expect_blocked()
    conn.send("PA", payload=b"text")
    sock.accepted(waiting)


@CONNECTIONS("window_clamp")
def window_clamp(bench: Bench) -> None:
    """TCP_WINDOW_CLAMP of 4096 on a listener; no window of the SYN,ACK above it."""
    sock: Socket = bench.app.socket()
    sock.set_option(TCP_LEVEL, "TCP_WINDOW_CLAMP", _CLAMP)
    sock.bind(LISTEN_PORT)
    sock.listen()
    conn = bench.connection()
    conn.send("S")
    window = conn.expect("SA").segment.window
    demand(bench, window <= _CLAMP, f"a window of {window}")


@CONNECTIONS("completed_queue", settings=("no_syn_cookies",))
def completed_queue(bench: Bench) -> None:
    """The ACK of a half-open client comes to a full queue; dropped, and taken after accept()."""
    sock = listener(bench, 1)
    sock.set_nonblocking()
    late = syn_received(bench.connection())
    opened = completed(bench)
    demand(bench, 0 < len(opened) < MANY, f"{len(opened)} connections in the queue")
    late.send("A")
    for _ in opened:
        sock.accept()
    sock.accept(errno="EAGAIN")
    late.send("A")
    sock.accept()


@CONNECTIONS("delayed_ack")
def delayed_ack(bench: Bench) -> None:
    """A request, its answer, and a second request; the ACK of the last waits for a moment."""
    conn = established(bench)
    conn.send("PA", payload=b"request")
    conn.app.recv(9, want=b"request")
    conn.app.send(b"answer")
    conn.expect("A", payload=b"answer", within=1)
    conn.send("PA", payload=b"more")
    conn.expect_silence(0.005)
    conn.expect("A", ack=conn.peer.snd.nxt, within=1)
