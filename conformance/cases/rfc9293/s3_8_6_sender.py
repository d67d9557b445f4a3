"""What a sender makes of small, closed and shrinking windows: RFC 9293, section 3.8.6."""

from typing import Literal

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.match import ANY, Between
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import close_window, fill, window_probe
from tcpassay.conformance.reach import established, listener, syn_sent
from tcpassay.core.clock import NS_PER_S

SECTION = "3.8.6"

#: Answered probes that outlast R2: 123 s by RFC 6298, 5 s where a setting shortens both.
PROBES = 7


def opened_closed(bench: Bench, way: Literal["listen", "connect"]) -> Connection:
    """A connection whose peer has announced a window of zero from its SYN or SYN,ACK on."""
    if way == "listen":
        sock = listener(bench)
        conn = bench.connection()
        conn.window = 0
        conn.send(TCP(flags="S"))
        conn.expect("SA", ack=conn.peer.snd.nxt)
        conn.send("A")
        conn.app = sock.accept()
        return conn
    conn, pending = syn_sent(bench)
    conn.window = 0
    conn.send(TCP(flags="SA"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    pending.expect_return(0)
    return conn


@case("RFC9293:3.8.6-SYN-ZERO-WINDOW", rows={"listen": "listen", "connect": "connect"})
def handshake_with_a_closed_window(bench: Bench, way: Literal["listen", "connect"]) -> None:
    """The peer's SYN or SYN,ACK announces no window; text waits, is probed for and comes later."""
    text = b"waits for room"
    conn = opened_closed(bench, way)
    conn.expect_state("ESTABLISHED")
    first = conn.target.snd.nxt
    conn.app.send(text)
    conn.expect_silence(0.1)
    window_probe(conn, text, 4.5)
    conn.send("A", ack=first)
    conn.window = 65535
    conn.send("A", ack=first)
    conn.expect("A", seq=first, payload=text)


@case("RFC9293:SHLD-29", state="ESTABLISHED", timing=True, real_s=3)
def first_probe_after_one_time_out(bench: Bench) -> None:
    """Two handshakes of 0.5 s; text of one is lost, the window of the other closed before text.

    The probe comes when the lost text does: after RTO, which is 1.5 s (RFC 6298, 2.2).
    """
    text = b"waits for room"
    with bench.reaching("two connections with a slow handshake"):
        sock = listener(bench)
        lossy, closed = bench.connection(), bench.connection()
        for conn in (lossy, closed):
            conn.send("S")
            conn.expect("SA", ack=conn.peer.snd.nxt)
        bench.wait(0.5)
        for conn in (lossy, closed):
            conn.send("A")
            conn.app = sock.accept()
        lossy.app.send(text)
        sent = lossy.expect("A", payload=text)
    close_window(closed)
    start = bench.now_ns
    closed.app.send(text)
    probe = window_probe(closed, text, 4.5)
    waited = (probe.t_ns - start) / NS_PER_S
    with bench.reaching("a time-out"):
        again = lossy.expect("A", seq=sent.segment.seq, payload=ANY, since=sent, within=4.5)
    rto = (again.t_ns - sent.t_ns) / NS_PER_S
    bench.measure("first probe and RTO in s", f"{waited:.2f} {rto:.2f}")
    bench.check(0.75 * rto <= waited <= 1.25 * rto, True, "the wait is RTO")


@case("RFC9293:MUST-38", settings=("rto_min_1s",), state="ESTABLISHED", timing=True)
def window_that_opens_by_ten_octets(bench: Bench) -> None:
    """The window was wide and is closed, then opens by ten octets at a time; no text trickles out.

    Less than half of the largest window seen is not worth a segment while more text waits; the
    time-out of 3.8.6.2.1 that overrides this is a tenth of a second or longer.
    """
    conn = established(bench, mss=536)
    first = conn.target.snd.nxt
    close_window(conn)
    conn.app.send(bytes(3000))
    for step in range(1, 21):
        conn.window = 10 * step
        conn.send("A", ack=first)
    conn.expect_silence(0.05)
    conn.window = 65535
    conn.send("A", ack=first)
    conn.expect("A", seq=first, payload=536)


@case(
    "RFC9293:SHLD-17",
    settings=("fast_data_giveup",),
    state="ESTABLISHED",
    real_s=8,
)
def text_beyond_a_shrunk_window_ends_nothing(bench: Bench) -> None:
    """800 octets lie beyond an edge that was taken back; probes are answered for longer than R2.

    Then the window opens, and all of them come.
    """
    text = bytes(index % 251 for index in range(1000))
    conn = established(bench)
    first = conn.target.snd.nxt
    conn.app.send(text)
    with bench.reaching("1000 octets in flight"):
        conn.expect("A", payload=text)
    conn.window = 0
    edge = first + 200
    for _ in range(PROBES):
        conn.send("A", ack=edge)
        conn.expect("A", seq=Between(edge - 1, edge), payload=ANY, within=130.0)
    conn.expect_state("ESTABLISHED")
    conn.window = 65535
    conn.send("A", ack=edge)
    while edge != first + 1000:
        again = conn.expect("A", seq=edge, payload=ANY, within=130.0)
        size = len(again.segment.payload)
        start = edge.distance(first)
        bench.check(again.segment.payload, text[start : start + size], "octets")
        edge = edge + size
        conn.send("A", ack=edge)


@case("RFC9293:MAY-8", state="ESTABLISHED", measures=True, real_s=4)
def closed_for_as_long_as_nobody_reads(bench: Bench) -> None:
    """The application does not read for two seconds; the windows told meanwhile are recorded."""
    conn = established(bench)
    fill(conn)
    windows = []
    for _ in range(4):
        bench.wait(0.5)
        conn.send(TCP(flags="A", seq=conn.peer.snd.nxt - 1))
        windows.append(conn.expect("A", ack=conn.peer.snd.nxt).segment.window)
    bench.measure("windows told", " ".join(map(str, windows)))
    conn.expect_state("ESTABLISHED")
