"""The retransmission time-out, from the first sample to the ceiling: RFC 6298."""

from itertools import pairwise
from typing import Literal

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import syn_gap
from tcpassay.conformance.reach import established, listener, syn_received, syn_sent
from tcpassay.core.clock import NS_PER_S

SECTION = "2"

#: Longer than any first time-out of these cases, in seconds.
PATIENCE = 5.0


def time_out(conn: Connection, text: bytes, *, requirement: str | None = None) -> float:
    """Text is lost; the seconds until the target sends it again."""
    conn.app.send(text)
    with conn.bench.reaching("text in flight"):
        sent = conn.expect("A", seq=conn.target.snd.nxt, payload=text)
    again = conn.expect(
        "A",
        seq=sent.segment.seq,
        payload=ANY,
        since=sent,
        within=PATIENCE,
        requirement=requirement,
    )
    return span(sent, again)


def span(earlier: Arrival, later: Arrival) -> float:
    """Seconds between two arrivals."""
    return (later.t_ns - earlier.t_ns) / NS_PER_S


def opened_slowly(bench: Bench, way: Literal["listen", "connect"], delay: float) -> Connection:
    """A connection whose peer lets so many seconds pass before it answers the SYN or SYN,ACK."""
    with bench.reaching("ESTABLISHED"):
        if way == "connect":
            conn, pending = syn_sent(bench)
            bench.wait(delay)
            conn.send(TCP(flags="SA"))
            conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
            pending.expect_return(0)
            return conn
        sock = listener(bench)
        conn = bench.connection()
        conn.send("S")
        conn.expect("SA", ack=conn.peer.snd.nxt)
        bench.wait(delay)
        conn.send("A")
        conn.app = sock.accept()
    return conn


def opened_after_a_loss(bench: Bench, way: Literal["listen", "connect"]) -> Connection:
    """A connection whose SYN or SYN,ACK was answered only after it had been sent twice."""
    with bench.reaching("ESTABLISHED after a time-out of the SYN"):
        if way == "connect":
            conn, pending = syn_sent(bench)
            conn.expect("S", within=syn_gap(bench) + 1.0)
            conn.send(TCP(flags="SA"))
            conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
            pending.expect_return(0)
            return conn
        sock = listener(bench)
        conn = bench.connection()
        conn.send("S")
        for _ in range(2):
            conn.expect("SA", ack=conn.peer.snd.nxt, within=PATIENCE)
        conn.send("A")
        conn.app = sock.accept()
    return conn


@case(
    "RFC6298:2.2-FIRST",
    rows={"listen": "listen", "connect": "connect"},
    state="ESTABLISHED",
    timing=True,
    real_s=3,
)
def time_out_after_the_first_sample(bench: Bench, way: Literal["listen", "connect"]) -> None:
    """The handshake takes 0.6 s, then text is lost; it comes again after three times that.

    RTO = R + 4 * R/2. A clock that counts in tenths of a second (section 4 asks for no finer one)
    may be out by one tick, which counts three times as well.
    """
    conn = opened_slowly(bench, way, 0.6)
    wait = time_out(conn, b"lost")
    bench.measure("time-out in s", round(wait, 2))
    bench.check(1.5 - bench.tolerance_s <= wait <= 2.2, True, "about 1.8 s")


@case(
    "RFC6298:3-ONE-PER-RTT",
    settings=("rto_min_1s",),
    state="ESTABLISHED",
    timing=True,
    real_s=5,
)
def round_trips_that_grow_longer(bench: Bench) -> None:
    """After a quick handshake four round trips take 0.6 s each; the time-out is beyond its floor.

    Each of them is a sample, so RTO has to grow: to 1.5 s by 2.3, where the floor is 1 s. Taken
    from the handshake alone it would send everything twice on a path that has become slow.
    """
    sock = listener(bench)
    conn = syn_received(bench.connection())
    bench.wait(0.01)
    conn.send("A")
    conn.app = sock.accept()
    for number in range(4):
        text = b"round trip %d" % number
        conn.app.send(text)
        with bench.reaching("text in flight"):
            conn.expect("A", seq=conn.target.snd.nxt, payload=text)
        bench.wait(0.6)
        conn.send("A")
    wait = time_out(conn, b"lost")
    bench.measure("time-out in s", round(wait, 2))
    bench.check(wait >= 1.15, True, "beyond the floor of 1 s")


@case(
    "RFC6298:5.1-START",
    rows={"first_text": "first", "after_a_pause": "pause", "close_wait": "CLOSE-WAIT"},
    timing=True,
)
def any_text_starts_the_timer(bench: Bench, when: str) -> None:
    """Text goes out while the timer is stopped, and is lost; it comes again."""
    conn = established(bench)
    if when == "pause":
        with bench.reaching("text acknowledged"):
            conn.app.send(b"arrived")
            conn.expect("A", payload=b"arrived")
            conn.send("A")
        conn.expect_silence(0.3)
    elif when == "CLOSE-WAIT":
        with bench.reaching("CLOSE-WAIT"):
            conn.send("FA")
            conn.expect("A", ack=conn.peer.snd.nxt)
    wait = time_out(conn, b"lost")
    bench.measure("time-out in s", round(wait, 2))


@case(
    "RFC6298:5.7-SYN-3S",
    rows={"listen": "listen", "connect": "connect"},
    state="ESTABLISHED",
    timing=True,
    real_s=5,
)
def time_out_after_a_lost_syn(bench: Bench, way: Literal["listen", "connect"]) -> None:
    """The SYN or SYN,ACK had to be sent twice, then text is lost; it comes again after 3 s.

    Without timestamps such a handshake is no sample (section 3), so nothing shorter is known.
    """
    conn = opened_after_a_loss(bench, way)
    wait = time_out(conn, b"lost")
    bench.measure("time-out in s", round(wait, 2))
    bench.check(wait >= 3.0 - 0.1, True, "3 s or later")


@case(
    "RFC6298:2.5-CEILING",
    needs=("user_timeout",),
    state="ESTABLISHED",
    measures=True,
    real_s=620.0,
)
def longest_time_out(bench: Bench) -> None:
    """Text is never acknowledged for ten minutes; the longest wait between copies is recorded.

    Where there is a ceiling it is 60 s at least.
    """
    conn = established(bench)
    conn.app.set_option("IPPROTO_TCP", "TCP_USER_TIMEOUT", 900_000)
    conn.app.send(b"again and again")
    bench.wait(600.0)
    sent = [arrival for arrival in conn.drop_arrivals() if arrival.segment.payload]
    longest = max((span(*pair) for pair in pairwise(sent)), default=0.0)
    bench.measure("longest time-out in s", round(longest))
    bench.check(longest >= 60.0 - bench.tolerance_s, True, "60 s or more")
