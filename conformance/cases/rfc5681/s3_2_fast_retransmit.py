"""Duplicate ACKs without SACK: RFC 5681, 3.2, RFC 3042 and RFC 6582."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import Flight, in_use, offering, opened
from tcpassay.conformance.layers import TCP, Raw

SECTION = "3.2"

PLENTY = 100


def recovering(bench: Bench, segments: int = PLENTY) -> tuple[Flight, int]:
    """Three duplicate ACKs have come; the first flight's size."""
    flight = Flight(in_use(opened(bench, offering())), segments)
    count = flight.initial()
    for _ in range(3):
        flight.ack(0)
    with bench.reaching("fast retransmit"):
        bench.check(flight.came.count(0), 2, "copies of the first segment")
    return flight, count


@case("RFC5681:3.2-FASTRETX", state="ESTABLISHED", timing=True, settings=("rto_min_1s",))
def third_duplicate_ack(bench: Bench) -> None:
    """Three duplicate ACKs; the third draws the segment at SND.UNA at once."""
    flight = Flight(opened(bench, offering()), 8)
    flight.initial()
    flight.ack(0)
    flight.ack(0)
    bench.check(flight.ack(0), [0], "segments after the third")


@case("RFC5681:3.2-FASTRETX-NOT2", state="ESTABLISHED", timing=True, settings=("rto_min_1s",))
def second_duplicate_ack(bench: Bench) -> None:
    """Two duplicate ACKs; nothing is sent again before the timer expires."""
    flight = Flight(opened(bench, offering()), 8)
    flight.initial()
    flight.ack(0)
    bench.check(flight.ack(0, settle=0.12), [], "segments")


@case(
    "RFC5681:3.2-LIMITED",
    needs=("congestion_control",),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s",),
)
def limited_transmit(bench: Bench) -> None:
    """Two duplicate ACKs while the window is full; each lets out one new segment."""
    flight = Flight(opened(bench, offering()), PLENTY)
    count = flight.initial()
    bench.check(flight.ack(0), [count], "segments after the first")
    bench.check(flight.ack(0), [count + 1], "segments after the second")


@case(
    "RFC5681:3.2-DUPACK-DEF",
    rows={"windows_grow": 1, "windows_shrink": -1, "text": 0},
    state="ESTABLISHED",
    settings=("rto_min_1s",),
    timing=True,
)
def what_is_no_duplicate(bench: Bench, step: int) -> None:
    """Four ACKs of the same number, each with another window or with text; nothing goes again."""
    flight = Flight(opened(bench, offering(), window=50_000), 8)
    flight.initial()
    conn = flight.conn
    for number in range(1, 5):
        ack = TCP(flags="A", ack=flight.seq(0), window=50_000 + number * step)
        conn.send(ack if step else ack / Raw(b"x"))
    bench.check(0 in flight.arrive(0.1), False, "the first segment comes again")


@case(
    "RFC5681:3.2-INFLATE",
    needs=("congestion_control",),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s",),
)
def further_duplicates(bench: Bench) -> None:
    """Ten more duplicate ACKs in recovery; new segments come, one for each at most."""
    flight, _ = recovering(bench)
    highest = max(flight.came)
    released = [flight.ack(0, settle=0.0) for _ in range(10)]
    numbers = [number for some in released for number in some]
    bench.measure("segments", len(numbers))
    bench.check(max(map(len, released)) <= 1, True, "one for each at most")
    wanted = list(range(highest + 1, highest + 1 + len(numbers)))
    bench.check(numbers, wanted, "new segments in order")
    bench.check(len(numbers) > 0, True, "new segments have come")


@case(
    "RFC5681:3.2-DEFLATE",
    "RFC6582:3.2-FULL",
    "RFC9293:MAY-18",
    needs=("congestion_control",),
    state="ESTABLISHED",
    settings=("rto_min_1s",),
    timing=True,
)
def end_of_recovery(bench: Bench) -> None:
    """Everything is acknowledged in recovery; the next flight is half of the old one, not more.

    One segment more is allowed for what the ACK itself has acknowledged.
    """
    flight, count = recovering(bench)
    for _ in range(8):
        flight.ack(0, settle=0.0)
    came = flight.ack(max(flight.came) + 1)
    bench.measure("share of the flight", round(len(came) / count, 2))
    most = max(count // 2, 2) + 1
    bench.check(0 < len(came) <= most, True, f"1 to {most} segments")
    new = min(came) > count
    bench.check(new, True, "new segments", requirement="RFC6582:3.2-FULL")
    after = flight.ack_each(min(came), max(came) + 1)
    normal = len(came) <= len(after) <= len(came) + 1
    bench.check(normal, True, "the window is held, or one more", requirement="RFC6582:3.2-FULL")


@case(
    "RFC5681:3.2-DEFLATE",
    needs=("congestion_control",),
    state="ESTABLISHED",
    settings=("rto_min_1s",),
    timing=True,
)
def half_of_what_was_outstanding(bench: Bench) -> None:
    """Four segments of a window of ten are outstanding at a loss; two are after it.

    ssthresh is half of FlightSize, not of cwnd (RFC 5681, 3.1).
    """
    flight = Flight(in_use(opened(bench, offering())), 4)
    flight.initial()
    for _ in range(3):
        flight.ack(0)
    with bench.reaching("fast retransmit"):
        bench.check(flight.came.count(0), 2, "copies of the first segment")
    flight.ack(4)
    conn = flight.conn
    more = Flight(conn, PLENTY)
    bench.check(more.initial() <= 3, True, "two segments, or one more")


@case("RFC6582:3.2-PARTIAL", state="ESTABLISHED", timing=True, settings=("rto_min_1s",))
def partial_acknowledgement(bench: Bench) -> None:
    """The first and the third of eight segments are lost; an ACK up to the third draws it at once.

    So does the next such ACK: recovery lasts until all eight are acknowledged.
    """
    flight, _ = recovering(bench, 8)
    bench.check(flight.ack(2)[:1], [2], "segments after the first partial ACK")
    bench.check(flight.ack(5)[:1], [5], "segments after the second partial ACK")


@case(
    "RFC6582:3.2-PARTIAL",
    needs=("congestion_control",),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s",),
)
def one_loss_of_window_for_one_flight(bench: Bench) -> None:
    """Duplicate ACKs follow a partial ACK; the window is not halved once more.

    Recovery started with ten segments in flight: five are allowed when it is over, not two.
    """
    flight, count = recovering(bench)
    flight.ack(4)
    for _ in range(4):
        flight.ack(4, settle=0.0)
    came = flight.ack(max(flight.came) + 1)
    bench.measure("segments", len(came))
    bench.check(len(came) >= min(count // 2, 4), True, "half of the flight goes on")


@case(
    "RFC6582:3.2-RECOVER",
    rows={"at_the_front": 0, "after_a_partial_ack": 1},
    settings=("no_frto",),
    state="ESTABLISHED",
    real_s=2,
    timing=True,
)
def duplicates_after_a_time_out(bench: Bench, upto: int) -> None:
    """Eight segments time out; duplicate ACKs of what was sent before start no fast retransmit."""
    flight = Flight(opened(bench, offering()), 8)
    flight.initial()
    flight.time_out(0)
    flight.ack(upto)
    copies = flight.came.count(upto)
    for _ in range(3):
        flight.ack(upto)
    bench.check(flight.came.count(upto), copies, "copies of the segment that is due")
