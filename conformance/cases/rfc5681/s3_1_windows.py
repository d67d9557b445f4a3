"""Initial window, slow start, congestion avoidance, loss window: RFC 5681, 3.1, and RFC 6928."""

from itertools import pairwise
from typing import Literal

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import MSS, Flight, in_use, offering, opened
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.reach import listener

SECTION = "3.1"

#: More than any window here lets out.
PLENTY = 100


def allowed(mss: int) -> int:
    """RFC 6928, 2: octets of the largest initial window."""
    return min(10 * mss, max(2 * mss, 14_600))


@case(
    "RFC5681:3.1-IW",
    "RFC6928:2-IW10",
    rows={"mss_536": 536, "mss_1460": 1460},
    needs=("congestion_control",),
    state="ESTABLISHED",
)
def initial_window(bench: Bench, mss: int) -> None:
    """100 segments are written, none acknowledged; the first flight is ten segments at most."""
    mss = min(mss, 1440) if bench.ip == 6 else mss
    flight = Flight(opened(bench, offering(mss=mss)), PLENTY, mss=mss)
    count = flight.initial()
    bench.check(count * mss <= allowed(mss), True, f"at most {allowed(mss)} octets")
    ten = count * mss == allowed(mss)
    bench.check(ten, True, "the window of RFC 6928 is used", requirement="2-IW10")


@case(
    "RFC5681:3.1-SYNACK-NOGROW",
    rows={"listen": "listen", "connect": "connect"},
    needs=("congestion_control",),
    state="ESTABLISHED",
)
def handshake_does_not_count(bench: Bench, way: Literal["listen", "connect"]) -> None:
    """The SYN or SYN,ACK is acknowledged; the first flight is no larger than without that."""
    flight = Flight(opened(bench, offering(), way), PLENTY)
    count = flight.initial()
    bench.measure("segments", count)
    bench.check(count <= 10, True, "at most 10 segments")


@case(
    "RFC5681:3.1-IW-AFTER-SYN-LOSS",
    needs=("congestion_control",),
    state="SYN-RECEIVED",
    real_s=4,
)
def window_after_a_lost_syn_ack(bench: Bench) -> None:
    """The SYN,ACK has come three times when it is acknowledged; one segment goes out.

    RFC 6928 forgives the loss of one SYN,ACK, not of two.
    """
    with bench.reaching("SYN,ACK sent three times"):
        sock = listener(bench)
        conn = bench.connection()
        conn.send(TCP(flags="S", options=[("MSS", MSS)]))
        for _ in range(3):
            conn.expect("SA", ack=conn.peer.snd.nxt, within=13.0)
        conn.send("A")
        conn.app = sock.accept()
    bench.check(Flight(conn, PLENTY).initial(), 1, "segments")


@case("RFC5681:3.1-SS-GROWTH", needs=("congestion_control",), state="ESTABLISHED")
def slow_start(bench: Bench) -> None:
    """The first flight is acknowledged a segment at a time; each ACK lets out two at most."""
    flight = Flight(opened(bench, offering()), PLENTY)
    count = flight.initial()
    released = [len(flight.ack(number)) for number in range(1, count + 1)]
    bench.measure("segments an ACK", " ".join(map(str, released)))
    bench.check(max(released) <= 2, True, "at most two segments an ACK")


@case("RFC5681:3.1-SS-GROWTH", needs=("congestion_control",), state="ESTABLISHED")
def slow_start_in_one_step(bench: Bench) -> None:
    """One ACK for the whole first flight; the window has grown by one segment at most."""
    flight = Flight(opened(bench, offering()), PLENTY)
    count = flight.initial()
    bench.check(len(flight.ack(count)) <= count + 1, True, f"at most {count + 1} segments")


@case("RFC5681:3.1-SS-GROWTH", needs=("congestion_control",), state="ESTABLISHED")
def divided_acknowledgements(bench: Bench) -> None:
    """The first segment is acknowledged by ten ACKs; the flight grows by two segments at most.

    Octets are what counts: min(N, SMSS) an ACK. One segment is for what has been acknowledged.
    """
    flight = Flight(opened(bench, offering()), PLENTY)
    flight.initial()
    for tenth in range(1, 11):
        flight.conn.send("A", ack=flight.seq(0) + tenth * MSS // 10)
    released = len(flight.arrive())
    bench.measure("segments", released)
    bench.check(released <= 2, True, "at most two segments")


@case(
    "RFC5681:3.1-CA-GROWTH",
    needs=("congestion_control",),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s",),
)
def congestion_avoidance(bench: Bench) -> None:
    """After a loss, rounds in which all is acknowledged; a flight is one segment more at most."""
    flight = Flight(in_use(opened(bench, offering())), PLENTY)
    flight.initial()
    for _ in range(3):
        flight.ack(0)
    with bench.reaching("fast retransmit"):
        bench.check(flight.came.count(0), 2, "copies of the first segment")
    sizes = []
    upto = max(flight.came) + 1
    came = flight.ack(upto)
    for _ in range(5):
        sizes.append(len(came))
        came = flight.ack_each(upto, upto + len(came))
        upto = max(flight.came) + 1 - len(came)
    bench.measure("segments a round", " ".join(map(str, sizes)))
    steps = [later - sooner for sooner, later in pairwise(sizes[1:])]
    bench.check(max(steps) <= 1, True, "one segment a round at most")
    bench.check(min(sizes) > 0, True, "text goes on")


@case("RFC5681:3.1-LW", needs=("congestion_control",), state="ESTABLISHED", real_s=2)
def loss_window(bench: Bench) -> None:
    """Ten segments go unacknowledged until the timer expires; one of them goes again."""
    flight = Flight(opened(bench, offering()), PLENTY)
    flight.initial()
    flight.time_out(0)
    bench.check(flight.arrive(0.15), [], "further segments")


@case(
    "RFC5681:3.1-SSTHRESH-LOSS",
    "RFC5681:3.1-LW",
    needs=("congestion_control",),
    settings=("no_frto",),
    state="ESTABLISHED",
    real_s=2,
)
def threshold_after_a_time_out(bench: Bench) -> None:
    """All of a flight is lost; slow start goes up to half of it and no further.

    What was outstanding goes again in order, as the peer has got none of it.
    """
    flight = Flight(opened(bench, offering()), PLENTY)
    count = flight.initial()
    flight.time_out(0)
    sizes, upto = [1], 1
    came = flight.ack(1)
    while len(sizes) < 5:
        sizes.append(len(came))
        came = flight.ack_each(upto, upto + len(came))
        upto += sizes[-1]
    bench.measure("segments a round", " ".join(map(str, sizes)))
    bench.check(sizes[1] <= 2, True, "two segments after the first ACK", requirement="3.1-LW")
    # 2, 4, then ssthresh: half the flight, and congestion avoidance from there on.
    most = max(count // 2, 2)
    bench.check(sizes[3] <= most + 1, True, f"at most {most + 1} segments in the third round")
    bench.check(sizes[4] <= most + 2, True, f"at most {most + 2} segments in the fourth")
