"""What the source documents say of select(): who is ready, and for what."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import established, handshake, listener


def sets_of(bench: Bench, *socks: Socket) -> tuple[list[int], list[int]]:
    """The descriptors that are readable now, and those that are writable."""
    returned = bench.app.select(read=socks, write=socks).expect_return()
    read, write = [value for tag, value in returned.out if tag == "fds"][:2]
    return _sorted(read), _sorted(write)


def _sorted(descriptors: object) -> list[int]:
    return sorted(descriptors) if isinstance(descriptors, list | tuple) else []


@case("DOC-49", needs=("poll",))
def listener_and_connection(bench: Bench) -> None:
    """A listener and a connection, idle and with something there; each is told for what it has."""
    sock = listener(bench)
    conn = handshake(bench.connection())
    conn.app = sock.accept()
    bench.check(sets_of(bench, sock, conn.app), ([], [conn.app.fd]), "sets when idle")
    handshake(bench.connection())
    bench.check(sets_of(bench, sock, conn.app), ([sock.fd], [conn.app.fd]), "sets with a client")
    conn.send(TCP(flags="PA") / Raw(b"text"))
    both = sorted((sock.fd, conn.app.fd))
    bench.check(sets_of(bench, sock, conn.app), (both, [conn.app.fd]), "sets with text as well")


@case("DOC-49", rows={"fin": "FA", "reset": "R"}, needs=("poll",), state="ESTABLISHED")
def end_makes_readable(bench: Bench, flags: str) -> None:
    """select() waits and FIN or RST comes; readable, and recv() does not block."""
    conn = established(bench)
    waiting = bench.app.select(read=(conn.app,), timeout_ms=-1)
    waiting.expect_blocked()
    conn.send(TCP(flags=flags))
    waiting.expect_return(1)
    bench.check(sets_of(bench, conn.app), ([conn.app.fd], [conn.app.fd]), "readable and writable")
    if flags == "FA":
        conn.app.recv(10, want=b"")
    else:
        conn.app.recv(10, errno="ECONNRESET")


@case("DOC-49", needs=("poll",), state="ESTABLISHED")
def full_buffer_is_not_writable(bench: Bench) -> None:
    """The peer has no room and the send buffer is filled; not writable until the window opens."""
    conn = established(bench)
    with bench.reaching("a closed window"):
        conn.app.set_option("SOL_SOCKET", "SO_SNDBUF", 8192)
        conn.window = 0
        conn.send("A")
        conn.app.set_nonblocking()
    conn.app.begin_send(bytes(400_000)).expect_return()
    bench.check(sets_of(bench, conn.app), ([], []), "sets when the buffer is full")
    waiting = bench.app.select(write=(conn.app,), timeout_ms=-1)
    waiting.expect_blocked()
    conn.window = 65535
    for _ in range(100):
        conn.send("A")
        conn.drop_arrivals()
        bench.wait(0.01)
        if waiting.returned is not None:
            break
    waiting.expect_return(1)
