"""Losses found by time: RFC 8985, section 6."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import Flight, offering, sack_flight
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import listener

SECTION = "time"

#: The round trip that the peer plays, in seconds; the reordering window is a quarter of it.
ROUND_TRIP = 0.3
WINDOW = ROUND_TRIP / 4
#: Between two segments of a flight: no clock is so coarse that they went at the same time.
APART = 0.002


def path(bench: Bench, *, sack: bool = True) -> Connection:
    """A connection whose handshake took a round trip; its socket is `conn.app`."""
    with bench.reaching("ESTABLISHED"):
        sock = listener(bench)
        conn = bench.connection()
        conn.send("S", options=offering(sack=sack))
        conn.expect("SA", ack=conn.peer.snd.nxt)
        bench.wait(ROUND_TRIP)
        conn.send("A")
        conn.app = sock.accept()
    return conn


def flying(bench: Bench, segments: int) -> Flight:
    """Segments that went out a round trip ago, one after the other."""
    return a_round_trip_later(sack_flight(path(bench), segments, apart_s=APART), segments)


def a_round_trip_later(flight: Flight, segments: int) -> Flight:
    """All of them have come, and the round trip of them is over."""
    bench = flight.conn.bench
    with bench.reaching("a flight"):
        bench.check(flight.arrive(ROUND_TRIP), list(range(segments)), "segments in order")
    return flight


def overtaken(bench: Bench) -> Connection:
    """A connection on which the second segment has arrived before the first."""
    flight = flying(bench, 2)
    flight.ack(0, (1, 2), settle=0)
    with bench.reaching("reordering seen"):
        bench.check(flight.ack(2), [], "segments that come again")
    return flight.conn


@case(
    "RFC8985:6.2-TIME-LOSS",
    needs=("rack",),
    settings=("rto_min_1s",),
    state="ESTABLISHED",
    timing=True,
)
def last_of_four_is_reported(bench: Bench) -> None:
    """Of four segments sent at once the last arrives, then the one before it; two go again.

    So few reports would start no recovery by their number (RFC 6675, 5). Of segments of the same
    time the one further left was sent first (RFC 8985, 6.2, RACK_sent_after).
    """
    flight = a_round_trip_later(sack_flight(path(bench), 4), 4)
    came = flight.ack(0, (3, 4), settle=2 * WINDOW)
    came += flight.ack(0, (2, 4), settle=WINDOW)
    bench.check(came, [0, 1], "segments that come again")


@case(
    "RFC8985:6.2-TIMER",
    needs=("rack",),
    settings=("rto_min_1s",),
    state="ESTABLISHED",
    timing=True,
)
def nothing_comes_behind_the_report(bench: Bench) -> None:
    """One report, and silence; the segment below it goes again once the window has passed."""
    flight = flying(bench, 2)
    came = flight.ack(0, (1, 2), settle=WINDOW + ROUND_TRIP)
    bench.check(came, [0], "segments that come again")


@case(
    "RFC8985:6.2-REORDER",
    needs=("rack",),
    settings=("rto_min_1s",),
    state="ESTABLISHED",
    timing=True,
)
def overtaken_within_the_window(bench: Bench) -> None:
    """The second segment arrives a little before the first; nothing goes again."""
    flight = flying(bench, 2)
    came = flight.ack(0, (1, 2), settle=WINDOW / 5)
    came += flight.ack(2, settle=2 * WINDOW)
    bench.check(came, [], "segments that come again")


@case(
    "RFC8985:6.2-DUPTHRESH",
    needs=("rack",),
    settings=("rto_min_1s",),
    state="ESTABLISHED",
    timing=True,
)
def three_reports_need_no_window(bench: Bench) -> None:
    """Three of four segments are reported, nothing was ever overtaken; the first goes at once."""
    flight = flying(bench, 4)
    flight.ack(0, (1, 2), settle=0)
    flight.ack(0, (1, 3), settle=0)
    bench.check(flight.ack(0, (1, 4)), [0], "segments that come at once")


@case(
    "RFC8985:6.2-REORDERED",
    needs=("rack",),
    settings=("rto_min_1s",),
    state="ESTABLISHED",
    timing=True,
)
def three_reports_on_a_path_that_reorders(bench: Bench) -> None:
    """Once a segment was overtaken three reports do not make one lost before the window is over."""
    flight = a_round_trip_later(sack_flight(overtaken(bench), 4, apart_s=APART), 4)
    bench.check(flight.ack(0, (1, 4)), [], "segments that come at once")
    bench.check(flight.arrive(2 * WINDOW), [0], "segments after the window")


@case(
    "RFC8985:6.2-DSACK",
    needs=("rack", "dsack"),
    settings=("rto_min_1s",),
    state="ESTABLISHED",
    timing=True,
)
def window_grows_by_a_duplicate(bench: Bench) -> None:
    """What went again is reported to have come twice; the next time the window is half as long
    again as it was, or more.
    """
    conn = overtaken(bench)
    first = a_round_trip_later(sack_flight(conn, 2, apart_s=APART), 2)
    with bench.reaching("a needless retransmission"):
        came = first.ack(0, (1, 2), settle=2 * WINDOW)
        bench.check(came, [0], "segments that come again")
    first.ack(2, (0, 1))
    flight = a_round_trip_later(sack_flight(conn, 2, apart_s=APART), 2)
    bench.check(flight.ack(0, (1, 2), settle=1.5 * WINDOW), [], "segments after the first window")
    bench.check(flight.arrive(2 * WINDOW), [0], "segments after the second")


@case(
    "RFC8985:6.2-AMBIGUOUS",
    needs=("rack",),
    settings=("rto_min_1s",),
    state="ESTABLISHED",
    timing=True,
)
def acknowledged_too_soon(bench: Bench) -> None:
    """A segment goes again and is acknowledged at once; that was the first copy of it.

    So it tells nothing about what was sent before the second one.
    """
    flight = flying(bench, 6)
    with bench.reaching("a retransmission"):
        came = flight.ack(0, (1, 2), settle=1.5 * WINDOW)
        bench.check(came, [0], "segments that come again")
    bench.check(flight.ack(2, settle=2 * WINDOW), [], "segments that come again")


@case(
    "RFC8985:6.2-LOST-AGAIN",
    needs=("rack",),
    settings=("rto_min_1s",),
    state="ESTABLISHED",
    timing=True,
)
def retransmission_is_lost(bench: Bench) -> None:
    """A segment went again, and the one that went behind it arrives; it goes once more."""
    flight = flying(bench, 5)
    with bench.reaching("two retransmissions"):
        came = flight.ack(0, (2, 5), settle=1.5 * ROUND_TRIP)
        bench.check(came, [0, 1], "segments that come again")
    conn = flight.conn
    edges = (flight.seq(1), flight.seq(5))
    options = [("NOP", None), ("NOP", None), ("SAck", edges)]
    conn.send(TCP(flags="A", ack=flight.seq(0), options=options))
    bench.check(flight.arrive(2 * WINDOW), [0], "segments that come again")
