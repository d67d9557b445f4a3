"""The user time-out: R2 as the application sets it. RFC 9293, sections 3.8.3 and 3.10.8."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import PEER_PORT, established, handshake, listener

SECTION = "3.8.3"

LIMIT_MS = 1500
LIMIT_S = LIMIT_MS / 1000
#: How late the end may come: real stacks look at the clock when a timer of theirs expires.
SLACK_S = 1.0


def limited(conn: Connection, milliseconds: int = LIMIT_MS) -> Connection:
    """The connection with TCP_USER_TIMEOUT."""
    conn.app.set_option("IPPROTO_TCP", "TCP_USER_TIMEOUT", milliseconds)
    return conn


def patient(bench: Bench) -> Connection:
    """An open connection with a user time-out, as it is said to be."""
    conn = limited(established(bench))
    told = conn.app.get_option("IPPROTO_TCP", "TCP_USER_TIMEOUT")
    bench.check(told, LIMIT_MS, "TCP_USER_TIMEOUT")
    return conn


@case(
    "RFC9293:MUST-21",
    "LINUX:TCP_USER_TIMEOUT",
    "POSIX:RECV-ETIMEDOUT",
    needs=("user_timeout",),
    timing=True,
    real_s=3,
    state="ESTABLISHED",
)
def silent_peer(bench: Bench) -> None:
    """Text without an acknowledgement; recv() that waits gets ETIMEDOUT when the limit is over."""
    conn = patient(bench)
    reading = conn.app.begin_recv(9)
    conn.app.send(b"text")
    sent = conn.expect("A", payload=b"text")
    since = bench.trace.entries[sent.n]
    reading.expect_return(
        errno="ETIMEDOUT",
        since=since,
        after=LIMIT_S - 0.05,
        within=LIMIT_S + SLACK_S,
    )


@case(
    "LINUX:TCP_USER_TIMEOUT",
    "RFC9293:MUST-21",
    needs=("user_timeout",),
    real_s=3,
    state="ESTABLISHED",
)
def closed_window(bench: Bench) -> None:
    """The peer's window is zero and it answers every probe; ETIMEDOUT when the limit is over."""
    with bench.reaching("ESTABLISHED with a window of zero"):
        sock = listener(bench)
        conn = bench.connection()
        conn.window = 0
        handshake(conn)
        conn.app = sock.accept()
    limited(conn)
    conn.app.send(b"text")
    reading = conn.app.begin_recv(9)
    end = bench.now_ns + int((LIMIT_S + SLACK_S) * 1_000_000_000)
    while reading.returned is None and bench.now_ns < end:
        bench.wait_until(lambda: reading.returned is not None, 0.2)
        if conn.drop_arrivals():
            conn.send("A", ack=conn.target.snd.una)
    reading.expect_return(errno="ETIMEDOUT", within=0)


@case("RFC9293:MUST-21", needs=("user_timeout",), real_s=3, state="ESTABLISHED")
def progress_starts_the_wait_again(bench: Bench) -> None:
    """Each text is acknowledged late, but before the limit; the connection outlives the limit."""
    conn = patient(bench)
    for _ in range(3):
        first = conn.target.snd.nxt
        conn.app.send(b"text")
        conn.expect("A", seq=first, payload=b"text")
        bench.wait(0.9)
        conn.drop_arrivals()
        conn.send("A")
    conn.send(TCP(flags="PA") / Raw(b"alive"))
    conn.app.recv(9, want=b"alive")


@case(
    "RFC9293:3.10.8-USER-TIMEOUT",
    "LINUX:SEND-ETIMEDOUT",
    needs=("user_timeout",),
    real_s=3,
    state="ESTABLISHED",
)
def everything_is_gone_afterwards(bench: Bench) -> None:
    """The limit is over; send() gets ETIMEDOUT, and a late segment is answered by a reset."""
    conn = patient(bench)
    conn.app.send(b"text")
    conn.expect("A", payload=b"text")
    bench.wait(LIMIT_S + SLACK_S)
    conn.drop_arrivals()
    conn.app.send(b"more", errno="ETIMEDOUT", requirement="LINUX:SEND-ETIMEDOUT")
    conn.send("A")
    conn.expect("R", seq=conn.target.snd.nxt, payload=ANY)


@case(
    "RFC9293:MUST-21",
    needs=("user_timeout", "active_open"),
    settings=("doubling_syn",),
    state="SYN-SENT",
)
def open_that_nobody_answers(bench: Bench) -> None:
    """TCP_USER_TIMEOUT before connect(), whose SYN nobody answers; ETIMEDOUT by then."""
    sock = bench.app.socket()
    sock.set_option("IPPROTO_TCP", "TCP_USER_TIMEOUT", LIMIT_MS)
    opening = sock.begin_connect(PEER_PORT)
    bench.expect_syn()
    opening.expect_return(errno="ETIMEDOUT", after=LIMIT_S - 0.6, within=LIMIT_S + SLACK_S)


@case(
    "LINUX:TCP_USER_TIMEOUT",
    needs=("user_timeout", "keepalive"),
    real_s=3,
    state="ESTABLISHED",
)
def it_overrides_the_count_of_probes(bench: Bench) -> None:
    """Keep-alives with a count of 9 and a limit of 1.5 s; ETIMEDOUT long before nine probes."""
    conn = limited(established(bench))
    for option in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
        conn.app.set_option("IPPROTO_TCP", option, 1)
    conn.app.set_option("SOL_SOCKET", "SO_KEEPALIVE", 1)
    conn.app.begin_recv(9).expect_return(errno="ETIMEDOUT", after=LIMIT_S, within=3.5)
