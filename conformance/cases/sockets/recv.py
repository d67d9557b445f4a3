"""recv(): what it gives, when it waits, and how it fails."""

from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import established, listener, peer_closes

TIME_LIMIT_S = 0.2


@case(
    "POSIX:RECV-ENOTCONN",
    "RFC9293:3.10.3-RECV-CLOSED",
    rows={"fresh": "fresh", "bound": "bound", "listener": "listener"},
)
def without_a_connection(bench: Bench, kind: str) -> None:
    """recv() on a socket that was never connected; an error, by POSIX ENOTCONN."""
    sock = listener(bench) if kind == "listener" else bench.app.socket()
    if kind == "bound":
        sock.bind(LISTEN_PORT)
    reading = sock.begin_recv(10)
    reading.expect_return(
        errno=("ENOTCONN", "EINVAL", "EPIPE", "ECONNRESET"), requirement="3.10.3-RECV-CLOSED"
    )
    reading.expect_return(errno="ENOTCONN")


@case("POSIX:RECV-EAGAIN", needs=("nonblocking",))
def would_block(bench: Bench) -> None:
    """Nothing to read on a non-blocking socket; EAGAIN, then the text when it has come."""
    conn = established(bench)
    conn.app.set_nonblocking()
    conn.app.recv(10, errno="EAGAIN")
    conn.send("PA", payload=b"now")
    conn.app.recv(10, want=b"now")
    conn.app.recv(10, errno="EAGAIN")


@case("POSIX:RECV-EAGAIN")
def would_block_this_once(bench: Bench) -> None:
    """MSG_DONTWAIT with nothing to read; EAGAIN, and the next recv() without it blocks."""
    conn = established(bench)
    conn.app.recv(10, "MSG_DONTWAIT", errno="EAGAIN")
    reading = conn.app.begin_recv(10)
    reading.expect_blocked()
    conn.send("PA", payload=b"now")
    reading.expect_return(octets=b"now")


@case("POSIX:RECV-PEEK")
def peek(bench: Bench) -> None:
    """MSG_PEEK twice, then recv(); the same text each time, no window update for a peek."""
    conn = established(bench)
    conn.send(TCP(flags="PA") / Raw(b"look, and take"))
    with bench.reaching("acknowledged text"):
        conn.expect("A", ack=conn.peer.snd.nxt)
    for _ in range(2):
        conn.app.recv(4, "MSG_PEEK", want=b"look")
    queued = conn.app.call("ioctl", ("name", "FIONREAD")).get("value")
    bench.check(queued, 14, "FIONREAD after the peeks")
    bench.check(len(conn.drop_arrivals()), 0, "segments sent because of a peek")
    conn.app.recv(100, want=b"look, and take")
    conn.app.recv(100, "MSG_DONTWAIT", errno="EAGAIN")


@case("POSIX:RECV-WAITALL")
def wait_for_all(bench: Bench) -> None:
    """MSG_WAITALL for 20 octets which come in three segments; one return with all 20."""
    conn = established(bench)
    reading = conn.app.begin_recv(20, "MSG_WAITALL")
    for piece in (b"0123456", b"789abc"):
        conn.send(TCP(flags="PA") / Raw(piece))
        reading.expect_blocked()
    conn.send(TCP(flags="PA") / Raw(b"defghij and more"))
    reading.expect_return(20, octets=b"0123456789abcdefghij")
    conn.app.recv(100, want=b" and more")


@case("POSIX:RECV-WAITALL", rows={"fin": "FA", "reset": "R"})
def wait_for_all_until_the_end(bench: Bench, flags: str) -> None:
    """MSG_WAITALL for 20 octets, ten come, then the connection ends; the ten are returned."""
    conn = established(bench)
    reading = conn.app.begin_recv(20, "MSG_WAITALL")
    conn.send("PA", payload=b"0123456789")
    reading.expect_blocked()
    conn.send(TCP(flags=flags))
    reading.expect_return(10, octets=b"0123456789")


@case("POSIX:RECV-EOF", "RFC9293:3.10.3-RECV-CLOSEWAIT", state="CLOSE-WAIT")
def end_of_file_for_good(bench: Bench) -> None:
    """Text, then FIN; recv() gives the text in the pieces asked for, then 0 every time."""
    conn = established(bench)
    conn.send(TCP(flags="PA") / Raw(b"the end"))
    peer_closes(conn)
    conn.app.recv(4, want=b"the ", requirement="3.10.3-RECV-CLOSEWAIT")
    conn.app.recv(4, want=b"end", requirement="3.10.3-RECV-CLOSEWAIT")
    for _ in range(3):
        conn.app.recv(4, want=b"")


@case("POSIX:RECV-EOF", state="ESTABLISHED")
def end_of_file_wakes_the_reader(bench: Bench) -> None:
    """recv() waits and FIN comes; it returns 0."""
    conn = established(bench)
    reading = conn.app.begin_recv(10)
    reading.expect_blocked()
    conn.send(TCP(flags="FA"))
    reading.expect_return(0, octets=b"")


@case("POSIX:RECV-EINTR", needs=("cancel",))
def interrupted(bench: Bench) -> None:
    """A signal while recv() waits; EINTR, and the connection lives."""
    conn = established(bench)
    reading = conn.app.begin_recv(10)
    reading.expect_blocked()
    reading.cancel()
    reading.expect_return(errno="EINTR")
    conn.send("PA", payload=b"alive")
    conn.app.recv(10, want=b"alive")


@case("POSIX:RECV-ECONNRESET", rows={"waiting": True, "later": False}, state="ESTABLISHED")
def reset(bench: Bench, waiting: bool) -> None:
    """RST while recv() waits, or before it; ECONNRESET, and 0 or ECONNRESET from then on."""
    conn = established(bench)
    if waiting:
        reading = conn.app.begin_recv(10)
        reading.expect_blocked()
        conn.send(TCP(flags="R"))
        reading.expect_return(errno="ECONNRESET")
    else:
        conn.send(TCP(flags="R"))
        conn.app.recv(10, errno="ECONNRESET")


@case(
    "POSIX:SO_ERROR-ONCE",
    rows={"send": "send", "recv": "recv", "SO_ERROR": "SO_ERROR"},
    state="ESTABLISHED",
)
def error_is_told_once(bench: Bench, first: str) -> None:
    """RST, and send(), recv() or SO_ERROR asks first; it gets the error, the others no more."""
    conn = established(bench)
    conn.send(TCP(flags="R"))
    if first == "send":
        conn.app.send(b"x", "MSG_NOSIGNAL", errno="ECONNRESET")
    elif first == "recv":
        conn.app.recv(10, errno="ECONNRESET")
    else:
        got = conn.app.call("getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_ERROR"))
        bench.check(got.get("name"), "ECONNRESET", "SO_ERROR")
    bench.check(conn.app.error(), 0, "SO_ERROR afterwards")
    conn.app.recv(10, want=b"")
    conn.app.send(b"x", "MSG_NOSIGNAL", errno="EPIPE")


@case("POSIX:SO_ERROR-CLEAR", "POSIX:ASYNC-ECONNRESET", needs=("poll",), state="ESTABLISHED")
def reset_of_an_idle_connection(bench: Bench) -> None:
    """RST while poll() waits; it wakes, SO_ERROR is ECONNRESET, and then 0."""
    conn = established(bench)
    waiting = bench.app.poll((conn.app, ("POLLIN",)), timeout_ms=-1)
    waiting.expect_blocked(requirement="POSIX:ASYNC-ECONNRESET")
    conn.send(TCP(flags="R"))
    waiting.expect_return(1, requirement="POSIX:ASYNC-ECONNRESET")
    got = conn.app.call("getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_ERROR"))
    bench.check(got.get("name"), "ECONNRESET", "SO_ERROR", requirement="POSIX:ASYNC-ECONNRESET")
    bench.check(conn.app.error(), 0, "SO_ERROR when asked again")


@case("POSIX:RCVTIMEO")
def receive_time_limit(bench: Bench) -> None:
    """SO_RCVTIMEO of 200 ms and nothing comes; EAGAIN after that time, the option reads back."""
    conn = established(bench)
    conn.app.call("setsockopt", ("name", "SOL_SOCKET"), ("name", "SO_RCVTIMEO"), ("timeout", 200))
    got = conn.app.call("getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_RCVTIMEO"))
    bench.check(got.get("timeout"), 200, "SO_RCVTIMEO")
    started = bench.now_ns
    returned = conn.app.begin_recv(10).expect_return(errno="EAGAIN", within=0.7)
    waited = (returned.t_ns - started) / 1e9
    bench.check(waited >= TIME_LIMIT_S - bench.tolerance_s, True, "recv() waits for 0.2 s")
