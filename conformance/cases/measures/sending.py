"""Values of the sender: initial window, time-outs, probes, and when it gives up."""

from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import Flight, offering, opened
from tcpassay.conformance.match import ANY
from tcpassay.conformance.probes import close_window
from tcpassay.conformance.reach import established
from tcpassay.conformance.times import listed, patience, since
from tcpassay.core.clock import NS_PER_S


@case("RFC6928:2-IW10", state="ESTABLISHED", measures=True)
def initial_window(bench: Bench) -> None:
    """100 segments of 1,460 octets (1,440 over IPv6) are written, none acknowledged."""
    mss = 1_460 if bench.ip == 4 else 1_440
    count = Flight(opened(bench, offering(mss=mss)), 100, mss=mss).initial()
    bench.measure("initial window, segments", count)
    bench.measure("initial window, octets", count * mss)


@case("RFC1122:4.2.3.1-LOWER-BOUND", "RFC6298:5.5-BACKOFF", timing=True, real_s=3, measures=True)
def shortest_time_out(bench: Bench) -> None:
    """Five round trips of no measurable length, then text is lost; when it goes again."""
    conn = established(bench)
    with bench.reaching("five round trips"):
        for _ in range(5):
            conn.app.send(b"text")
            conn.expect("A", payload=b"text")
            conn.send("A")
    conn.app.send(b"lost")
    with bench.reaching("three repetitions"):
        sent = [conn.expect("A", payload=b"lost")]
        number = sent[0].segment.seq
        sent += [conn.expect("A", seq=number, payload=ANY, within=20) for _ in range(3)]
    gaps = [(later.t_ns - sooner.t_ns) / NS_PER_S for sooner, later in pairwise(sent)]
    bench.measure("minimum RTO, s", round(gaps[0], 2))
    bench.measure("back-off factor", round(gaps[2] / gaps[1], 1))


def give_up(bench: Bench, named: str = "") -> None:
    """Text that nobody acknowledges; how often it goes again, and when ETIMEDOUT is told."""
    conn = established(bench)
    reading = conn.app.begin_recv(100)
    conn.app.send(b"to nobody")
    with bench.reaching("ETIMEDOUT"):
        start = conn.expect("A", payload=b"to nobody").t_ns
        ended = reading.expect_return(errno=("ETIMEDOUT", "ECONNABORTED"), within=4_000).t_ns
    again = [arrival for arrival in conn.drop_arrivals() if arrival.segment.payload]
    bench.measure(f"retransmissions before ETIMEDOUT{named}", len(again))
    bench.measure(f"ETIMEDOUT for text after, s{named}", round((ended - start) / NS_PER_S, 1))


@case("RFC9293:SHLD-11", real_s=1_000, state="ESTABLISHED", measures=True)
def giving_up(bench: Bench) -> None:
    """Text that nobody acknowledges, by the target's own settings."""
    give_up(bench)


@case("RFC9293:MUST-20", settings=("fast_data_giveup",), real_s=4, measures=True)
def giving_up_soon(bench: Bench) -> None:
    """As above, where the setting fast_data_giveup makes it short on a real clock."""
    give_up(bench, " (fast_data_giveup)")


@case("RFC9293:SHLD-30", real_s=6, state="ESTABLISHED", measures=True)
def schedule_of_probes(bench: Bench) -> None:
    """The window closes over text, each probe is answered; when the probes go."""
    conn = established(bench)
    close_window(conn)
    conn.app.send(b"waits for room")
    start, came = bench.now_ns, []
    watch_s = patience(bench, 250, 5.0)
    while (left := watch_s - (bench.now_ns - start) / NS_PER_S) > 0:
        bench.wait(min(left, 0.5 if bench.virtual else 0.05))
        arrivals = conn.drop_arrivals()
        came += arrivals
        if arrivals:
            conn.send("A", ack=int(conn.target.iss + 1))
    bench.measure("probes of a closed window go at, s", listed(since(start, came), 1))


@case("RFC9293:MUST-28", needs=("keepalive",), measures=True)
def keep_alive(bench: Bench) -> None:
    """A new socket; the times of keep-alives, by getsockopt()."""
    sock = bench.app.socket()
    for option, name in (
        ("TCP_KEEPIDLE", "keep-alive after, s"),
        ("TCP_KEEPINTVL", "keep-alive interval, s"),
        ("TCP_KEEPCNT", "keep-alive probes"),
    ):
        bench.measure(f"{name} ({option})", sock.get_option("IPPROTO_TCP", option))
