"""accept(): connections handed out by a listener."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import established, handshake, listener, syn_received

STANDARD_INPUT = 0


@case("POSIX:ACCEPT-EAGAIN")
def would_block(bench: Bench) -> None:
    """A non-blocking listener: nobody there, half open, complete; EAGAIN until it is complete."""
    sock = listener(bench)
    sock.set_nonblocking()
    sock.accept(errno="EAGAIN")
    conn = syn_received(bench.connection())
    sock.accept(errno="EAGAIN")
    conn.send(TCP(flags="A"))
    sock.accept()
    sock.accept(errno="EAGAIN")


@case("POSIX:ACCEPT-EINVAL", rows={"fresh": "fresh", "bound": "bound", "connected": "connected"})
def on_a_socket_that_does_not_listen(bench: Bench, kind: str) -> None:
    """accept() on a socket that never listened; EINVAL."""
    sock = established(bench).app if kind == "connected" else bench.app.socket()
    if kind == "bound":
        sock.bind(LISTEN_PORT)
    sock.accept(errno="EINVAL")


@case("POSIX:ACCEPT-LISTENER-LIVES", "DOC-18")
def listener_closed_behind_a_child(bench: Bench) -> None:
    """The listener is closed after accept(); the accepted connection goes on both ways."""
    sock = listener(bench)
    conn = handshake(bench.connection())
    conn.app = sock.accept()
    sock.close()
    conn.expect_silence()
    conn.send("PA", payload=b"ping")
    conn.app.recv(10, want=b"ping")
    conn.app.send(b"pong")
    conn.expect("A", payload=b"pong", ack=conn.peer.snd.nxt)


@case("POSIX:ACCEPT-PEER", "DOC-19")
def peer_address(bench: Bench) -> None:
    """Two clients; accept() gives each one's address and port, as its SYN had them."""
    sock = listener(bench)
    for _ in range(2):
        conn = handshake(bench.connection())
        made = sock.call("accept")
        bench.check(
            made.get("address"), (conn.peer_address, conn.peer_port), "the address from accept()"
        )


@case("POSIX:ACCEPT-QUEUED-DATA")
def text_and_fin_before_accept(bench: Bench) -> None:
    """Text and FIN come before accept(); the accepted socket gives the text, then end-of-file."""
    sock = listener(bench)
    conn = handshake(bench.connection())
    conn.send(TCP(flags="PA") / Raw(b"early "))
    conn.send(TCP(flags="FPA") / Raw(b"bird"))
    conn.expect("A", ack=conn.peer.snd.nxt)
    child = sock.accept()
    child.recv(100, want=b"early bird")
    child.recv(100, want=b"")


@case("LINUX:ACCEPT4-FLAGS", "DOC-20")
def accept4_nonblocking(bench: Bench) -> None:
    """accept4(SOCK_NONBLOCK); recv() on the new socket without data is EAGAIN, O_NONBLOCK shows."""
    sock = listener(bench)
    handshake(bench.connection())
    child = Socket(bench.app, sock.call("accept4", ("flags", ("SOCK_NONBLOCK",))).value)
    child.recv(10, errno="EAGAIN")
    flags = child.call("fcntl", ("name", "F_GETFL")).get("flags")
    bench.check("O_NONBLOCK" in flags if isinstance(flags, tuple | list) else flags, True, "flag")


@case("LINUX:ACCEPT-NOINHERIT")
def nonblocking_is_not_inherited(bench: Bench) -> None:
    """A non-blocking listener and plain accept(); recv() on the new socket blocks."""
    sock = listener(bench)
    sock.set_nonblocking()
    conn = handshake(bench.connection())
    child = sock.accept()
    reading = child.begin_recv(10)
    reading.expect_blocked()
    conn.send("PA", payload=b"here")
    reading.expect_return(octets=b"here")


@case(
    "POSIX:ACCEPT-EBADF-ENOTSOCK",
    rows={"closed": "EBADF", "no_socket": "ENOTSOCK"},
    own_process=True,
    needs=("processes", "descriptors"),
)
def accept_on_what_cannot(bench: Bench, errno: str) -> None:
    """accept() on what was closed and on -1, and on standard input; EBADF, ENOTSOCK."""
    sock = listener(bench)
    sock.close()
    for descriptor in (sock.fd, -1) if errno == "EBADF" else (STANDARD_INPUT,):
        bench.app.call("accept", ("fd", descriptor), errno=errno)


@case("POSIX:ACCEPT-ECONNABORTED", measures=True)
def reset_while_queued(bench: Bench) -> None:
    """A connection is reset before accept(); what accept() and recv() say of it is recorded."""
    sock = listener(bench)
    sock.set_nonblocking()
    conn = handshake(bench.connection())
    conn.send(TCP(flags="R"))
    pending = sock.begin_accept()
    bench.wait_until(lambda: pending.returned is not None, 0.2)
    returned = pending.returned
    if returned is None or returned.errno is not None:
        bench.measure("accept()", returned.errno or "" if returned else "no return")
        return
    conn.app = sock.accepted(pending)
    reading = conn.app.begin_recv(9)
    bench.wait_until(lambda: reading.returned is not None, 0.2)
    told = reading.returned
    bench.measure("recv()", told.errno or str(told.value) if told else "no return")
