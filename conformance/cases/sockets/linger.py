"""close() and what is left to send or to read: SO_LINGER, graceful and abortive ends."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import app_closes, established
from tcpassay.core.seq import Seq
from tcpassay.wire import flags_text

MUCH = 20_000


def flags_seen(conn: Connection) -> str:
    """The flags of the segments that wait, one word each; "nothing" for none."""
    told = [flags_text(arrival.segment.flags) for arrival in conn.drop_arrivals()]
    return " ".join(dict.fromkeys(told)) or "nothing"


@case(
    "POSIX:LINGER-BLOCK",
    rows={"blocking": False, "nonblocking": True},
    needs=("linger",),
    state="ESTABLISHED",
)
def close_waits_for_the_peer(bench: Bench, nonblocking: bool) -> None:
    """SO_LINGER of 5 s, text not acknowledged; close() waits for that, and returns with it."""
    conn = established(bench)
    if nonblocking:
        conn.app.set_nonblocking()
    conn.app.set_linger(5)
    conn.app.send(b"text")
    conn.expect("A", payload=b"text")
    closing = conn.app.begin("close")
    closing.expect_blocked()
    with bench.reaching("FIN-WAIT-1"):
        conn.expect("FA")
    closing.expect_blocked()
    conn.send("A")
    closing.expect_return(0)


@case("POSIX:LINGER-EXPIRE", needs=("linger",), measures=True, state="ESTABLISHED")
def linger_time_runs_out(bench: Bench) -> None:
    """SO_LINGER of 1 s and no acknowledgement; close() returns, what the wire shows is recorded."""
    conn = established(bench)
    conn.app.set_linger(1)
    conn.app.send(b"text")
    conn.expect("A", payload=b"text")
    closing = conn.app.begin("close")
    closing.expect_return(within=1.5)
    conn.drop_arrivals()
    bench.wait(1.0)
    bench.measure("after the linger time", flags_seen(conn))


@case("LINUX:LINGER-ZERO-RST", needs=("linger",), measures=True, state="ESTABLISHED")
def linger_of_zero(bench: Bench) -> None:
    """SO_LINGER of 0 s and text not acknowledged; close() returns, its segment is recorded."""
    conn = established(bench)
    conn.app.set_linger(0)
    conn.app.send(b"text")
    conn.expect("A", payload=b"text")
    conn.app.close()
    bench.measure("close()", flags_seen(conn))


@case("POSIX:CLOSE-GRACEFUL", state="ESTABLISHED")
def close_leaves_nothing_behind(bench: Bench) -> None:
    """20,000 octets and close() at once; it returns, and the peer gets all of them and a FIN."""
    conn = established(bench)
    first = conn.target.snd.nxt
    text = bytes(n % 251 for n in range(MUCH))
    sending = conn.app.begin_send(text)
    closed = False
    got = bytearray(MUCH)
    ended = False
    for _ in range(100):
        for arrival in conn.drop_arrivals():
            segment = arrival.segment
            start = Seq(segment.seq).distance(first)
            got[start : start + len(segment.payload)] = segment.payload
            ended = ended or bool(segment.flags & 1)
        if sending.returned is not None and not closed:
            sending.expect_return(len(text))
            conn.app.close()
            closed = True
        conn.send("A")
        if ended:
            break
        bench.wait(0.02)
    bench.check((bytes(got) == text, ended), (True, True), "all octets, and the FIN")


@case("POSIX:CLOSE-UNREAD-RST", measures=True, state="ESTABLISHED")
def close_with_text_unread(bench: Bench) -> None:
    """Text that the application has not read, then close(); its segment is recorded."""
    conn = established(bench)
    conn.send(TCP(flags="PA") / Raw(b"unread"))
    bench.wait(0.3)
    conn.drop_arrivals()
    conn.app.close()
    bench.measure("close()", flags_seen(conn))


@case("POSIX:CLOSE-DATA-AFTER", measures=True, state="FIN-WAIT-2")
def text_after_close(bench: Bench) -> None:
    """close(), its FIN acknowledged, then text from the peer; the answer is recorded."""
    conn = established(bench)
    with bench.reaching("FIN-WAIT-2"):
        app_closes(conn, "close")
        conn.send("A")
    conn.send(TCP(flags="PA") / Raw(b"late"))
    bench.wait(0.1)
    bench.measure("text after close()", flags_seen(conn))
