"""What a sender makes of SACK: RFC 2018, sections 5 and 8; RFC 6675, which RACK would replace."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import (
    MSS,
    TIME_OUT,
    Flight,
    Span,
    in_use,
    offering,
    opened,
    sack_flight,
)
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.match import ANY

SECTION = "sender"

PLENTY = 100


def flying(bench: Bench, segments: int = PLENTY) -> Flight:
    """A connection with SACK, its first flight on the way."""
    flight = sack_flight(in_use(opened(bench, offering(sack=True))), segments)
    flight.initial()
    return flight


def repeated(flight: Flight) -> set[int]:
    """The segments that have come more than once."""
    return {number for number in flight.came if flight.came.count(number) > 1}


@case(
    "RFC2018:5-SENDER-SKIPS",
    needs=("sack",),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s", "no_rack"),
)
def what_has_arrived_is_not_sent_again(bench: Bench) -> None:
    """Of five segments the first and the third are lost; these two go again, the others do not."""
    flight = flying(bench, 5)
    for spans in ([(1, 2)], [(3, 4), (1, 2)], [(3, 5), (1, 2)]):
        flight.ack(0, *spans)
    bench.check(repeated(flight) >= {0}, True, "the first segment comes again")
    flight.ack(2, (3, 5))
    bench.check(repeated(flight), {0, 2}, "segments that came again")
    bench.check(flight.ack(5), [], "segments after all is acknowledged")


@case(
    "RFC2018:5-SENDER-SKIPS",
    needs=("sack",),
    settings=("rto_min_1s", "no_rack"),
    state="ESTABLISHED",
    timing=True,
)
def holes_are_filled(bench: Bench) -> None:
    """Of ten segments 0 and 4 are lost, which one ACK tells; these two go again, no others."""
    flight = flying(bench, 10)
    flight.ack(0, (5, 10), (1, 4))
    flight.ack(4, (5, 10))
    bench.check(repeated(flight), {0, 4}, "segments that came again")
    bench.check(flight.ack(10), [], "segments after all is acknowledged")


@case(
    "RFC2018:5-RTO-LEFT-EDGE",
    "RFC6675:4-NO-REMOVE",
    needs=("sack",),
    settings=("no_rack",),
    state="ESTABLISHED",
    real_s=3,
)
def peer_takes_back_what_it_reported(bench: Bench) -> None:
    """Segments 1 to 4 are reported, then only segment 0 is acknowledged and nothing else reported.

    The time-out sends segment 1 again, then the others, with the octets they had.
    """
    flight = flying(bench, 5)
    for last in (2, 3, 4, 5):
        flight.ack(0, (1, last))
    with bench.reaching("segment 0 comes again"):
        bench.check(0 in repeated(flight), True, "segment 0 came again")
    conn = flight.conn
    text, no_remove = flight.text, "RFC6675:4-NO-REMOVE"
    for number, requirement in ((1, None), (2, no_remove), (3, no_remove), (4, no_remove)):
        conn.send(TCP(flags="A", ack=flight.seq(number)))
        again = conn.expect(
            "A", seq=flight.seq(number), payload=ANY, within=TIME_OUT, requirement=requirement
        )
        got, start = again.segment.payload, number * flight.mss
        bench.check(got, text[start : start + len(got)], "octets", requirement=no_remove)
    conn.send(TCP(flags="A", ack=flight.seq(5)))
    flight.writing.expect_return(len(text), requirement=no_remove)


#: What no receiver would report of ten segments, as numbers of octets from the first.
NONSENSE: dict[str, bytes | list[tuple[int, int]]] = {
    "never_sent": [(20 * MSS, 26 * MSS)],
    "partly_never_sent": [(MSS, 26 * MSS)],
    "inverted": [(6 * MSS, 2 * MSS)],
    "empty": [(4 * MSS, 4 * MSS)],
    "long_ago": [(-600_000, -500_000)],
    "half_a_circle": [(MSS, 2**31 + 2 * MSS)],
    "no_blocks": b"",
    "a_block_and_a_half": bytes(12),
}


@case(
    "RFC2018:5-BAD-SACK",
    rows=NONSENSE,
    needs=("sack",),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s", "no_rack"),
)
def block_that_cannot_be(bench: Bench, blocks: bytes | list[tuple[int, int]]) -> None:
    """A duplicate ACK with a block that makes no sense; nothing goes again, and text goes on."""
    flight = flying(bench)
    count = len(flight.came)
    options: list[tuple[object, object]]
    if isinstance(blocks, bytes):
        options = [(5, blocks)]
    else:
        edges = [int(flight.first + edge) for block in blocks for edge in block]
        options = [("NOP", None), ("NOP", None), ("SAck", tuple(edges))]
    flight.conn.send(TCP(flags="A", ack=flight.seq(0), options=options))
    flight.arrive()
    bench.check(repeated(flight), set(), "segments that came again")
    came = flight.ack_each(0, count)
    bench.check(min(came, default=0) >= count, True, "new text after the ACK")
    bench.check(len(came) >= count, True, "a whole window of it")


@case(
    "RFC6675:4-ISLOST-COUNT",
    rows={"octets": [(1, 4)], "blocks": [(2, 3), (4, 5), (6, 7)]},
    needs=("sack",),
    state="ESTABLISHED",
    settings=("rto_min_1s", "no_rack"),
    timing=True,
)
def lost_after_one_acknowledgement(bench: Bench, spans: list[Span]) -> None:
    """One duplicate ACK reports three segments, as one block or as three; segment 0 goes again."""
    flight = flying(bench, 10)
    bench.check(flight.ack(0, *spans)[:1], [0], "first segment that comes")


@case(
    "RFC6675:5-ENTER",
    needs=("sack", "congestion_control"),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s", "no_rack"),
)
def lost_segments_come_first(bench: Bench) -> None:
    """Segments 0 and 4 of the flight are lost; they go again before new text, within the window."""
    flight = flying(bench)
    count = len(flight.came)
    before = len(flight.came)
    flight.ack(0, (5, count), (1, 4))
    first = flight.came[before:]
    bench.check(len(first) <= max(count // 2, 2) + 1, True, "half of the flight, or one more")
    flight.ack(4, (5, count))
    flight.ack(max(flight.came) + 1)
    came = flight.came[before:]
    again = [number for number in came if number < count]
    bench.check(again, [0, 4], "segments that came again")
    new = [number for number in came if number >= count]
    bench.check(came.index(4) < came.index(min(new, default=4)), True, "lost ones before new ones")


@case(
    "RFC6675:5-ENTER",
    needs=("sack", "congestion_control"),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s", "no_rack"),
)
def window_is_halved_once(bench: Bench) -> None:
    """Three losses in one flight are found one after the other; the window is halved once."""
    flight = flying(bench)
    count = len(flight.came)
    flight.ack(0, (1, 4))
    flight.ack(0, (5, 8), (1, 4))
    top = max(flight.came) + 1
    flight.ack(0, (8, top), (5, 7), (1, 4))
    came = flight.ack(max(flight.came) + 1)
    bench.measure("segments", len(came))
    bench.check(len(came) >= min(count // 2, 4), True, "half of the flight goes on")


@case(
    "RFC6675:5-EXIT",
    needs=("sack", "congestion_control"),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s", "no_rack"),
)
def recovery_ends(bench: Bench) -> None:
    """All is acknowledged; new text goes on, and the next loss is repaired like the first."""
    flight = flying(bench)
    flight.ack(0, (1, 4))
    with bench.reaching("fast retransmit"):
        bench.check(repeated(flight), {0}, "segments that came again")
    start = max(flight.came) + 1
    came = flight.ack(start)
    bench.check(len(came) >= 2, True, "new text")
    for _ in range(6):
        if len(came) >= 6:
            break
        stop = start + len(came)
        came = flight.ack_each(start, stop)
        start = stop
    bench.check(len(came) >= 6, True, "the window grows again")
    bench.check(start in flight.ack(start, (start + 1, start + 4)), True, "the next loss")


@case(
    "RFC6675:5-CUMACK-RESET",
    needs=("sack",),
    state="ESTABLISHED",
    timing=True,
    settings=("rto_min_1s", "no_rack"),
)
def acknowledgement_ends_the_count(bench: Bench) -> None:
    """Two duplicates, an ACK of something new, two duplicates; nothing goes again.

    Each reports some more octets of one segment, so that only their number could tell of a loss.
    """
    flight = flying(bench, 10)
    conn = flight.conn
    for upto, octets in ((0, 100), (0, 200), (1, 200), (1, 300), (1, 400)):
        block = (flight.seq(4), flight.seq(4) + octets)
        options = [("NOP", None), ("NOP", None), ("SAck", block)]
        conn.send(TCP(flags="A", ack=flight.seq(upto), options=options))
    flight.arrive()
    bench.check(repeated(flight), set(), "segments that came again")


@case(
    "RFC6675:5.1-RTO-NO-REENTRY",
    needs=("sack", "congestion_control"),
    settings=("no_frto", "no_rack"),
    state="ESTABLISHED",
    real_s=2,
    timing=True,
)
def no_recovery_after_a_time_out(bench: Bench) -> None:
    """Ten segments time out; reports of what was sent before start no fast retransmit of the first.

    It has just gone again, and the reports tell nothing about that copy.
    """
    flight = flying(bench)
    flight.time_out(0)
    copies = flight.came.count(0)
    for last in (2, 3, 4, 5):
        flight.ack(0, (1, last))
    bench.check(flight.came.count(0), copies, "copies of segment 0")
    came = flight.ack(5)
    bench.check(set(came) <= {5, 6}, True, "slow start goes on with segments 5 and 6")


@case(
    "RFC6675:5-ENTER",
    needs=("sack",),
    state="FIN-WAIT-1",
    timing=True,
    settings=("rto_min_1s", "no_rack"),
)
def lost_fin_is_found(bench: Bench) -> None:
    """Three segments and the FIN behind them are lost but for the last two; the hole is filled.

    The FIN stands in the sequence space that is reported.
    """
    flight = sack_flight(in_use(opened(bench, offering(sack=True))), 4)
    conn = flight.conn
    conn.app.shutdown("SHUT_WR")
    bench.wait(0.02)
    with bench.reaching("FIN"):
        bench.check(len(conn.drop_arrivals()) >= 4, True, "text and FIN have come")
    fin = flight.seq(4)
    edges = (flight.seq(1), fin + 1)
    options = [("NOP", None), ("NOP", None), ("SAck", edges)]
    conn.send(TCP(flags="A", ack=flight.seq(0), options=options))
    conn.expect("A", seq=flight.seq(0), payload=ANY, within=0.15)
    conn.send("A", ack=fin + 1)
    conn.expect_state("FIN-WAIT-2")
