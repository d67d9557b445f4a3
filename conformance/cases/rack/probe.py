"""Tail loss probes: RFC 8985, section 7, and when they are left out (4)."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import TIME_OUT, Flight, offering, sack_flight, sack_size
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import PEER_WINDOW, Connection
from tcpassay.conformance.reach import listener
from tcpassay.core.clock import NS_PER_S

SECTION = "probe"

#: The round trip that the peer plays, in seconds. A probe goes after two of them.
ROUND_TRIP = 0.2
#: Before the retransmission timer, of a second at least.
BEFORE_TIME_OUT = 0.7


def path(bench: Bench, *, sack: bool = True, window: int = PEER_WINDOW) -> Connection:
    """A connection whose handshake took a round trip; its socket is `conn.app`."""
    with bench.reaching("ESTABLISHED"):
        sock = listener(bench)
        conn = bench.connection()
        conn.window = window
        conn.send("S", options=offering(sack=sack))
        conn.expect("SA", ack=conn.peer.snd.nxt)
        bench.wait(ROUND_TRIP)
        conn.send("A")
        conn.app = sock.accept()
    return conn


def unanswered(flight: Flight, segments: int) -> Flight:
    """All of the flight has come, half a round trip before a probe may."""
    bench = flight.conn.bench
    with bench.reaching("a flight"):
        came = flight.arrive(1.5 * ROUND_TRIP)
        bench.check(came, list(range(segments)), "segments in order")
    return flight


def probed(bench: Bench, segments: int) -> Flight:
    """The last segment has come again, as a probe."""
    flight = unanswered(sack_flight(path(bench), segments), segments)
    with bench.reaching("a probe"):
        bench.check(flight.arrive(2 * ROUND_TRIP), [segments - 1], "segments that come again")
    return flight


@case(
    "RFC8985:7.2-PTO",
    "RFC8985:7.3-PROBE",
    needs=("rack",),
    settings=("rto_min_1s", "tail_loss_probe"),
    state="ESTABLISHED",
    timing=True,
)
def nothing_is_answered(bench: Bench) -> None:
    """Three segments draw no answer; two round trips later one segment comes, the last one."""
    conn = path(bench)
    flight = sack_flight(conn, 3)
    came = flight.arrive(1.6 * ROUND_TRIP)
    bench.check(came, [0, 1, 2], "segments before two round trips are over")
    came = flight.arrive(BEFORE_TIME_OUT - 1.6 * ROUND_TRIP)
    bench.check(len(came), 1, "segments before the retransmission timer")
    bench.check(came, [2], "the probe", requirement="RFC8985:7.3-PROBE")


@case(
    "RFC8985:7.3-ONE",
    "RFC8985:7.3-RTO",
    needs=("rack",),
    settings=("rto_min_1s", "tail_loss_probe"),
    state="ESTABLISHED",
    timing=True,
)
def probe_is_not_answered(bench: Bench) -> None:
    """The probe draws no answer; no other goes, and the timer sends the first segment again."""
    flight = probed(bench, 3)
    bench.check(flight.arrive(3 * ROUND_TRIP), [], "segments behind the probe")
    flight.conn.expect(
        "A", seq=flight.seq(0), payload=ANY, within=TIME_OUT, requirement="RFC8985:7.3-RTO"
    )


@case(
    "RFC8985:7.3-NEW",
    needs=("rack", "congestion_control"),
    settings=("rto_min_1s", "tail_loss_probe"),
    state="ESTABLISHED",
    timing=True,
)
def probe_is_new_text(bench: Bench) -> None:
    """The congestion window is full, the peer's is not; the probe is the next segment of text."""
    flight = sack_flight(path(bench), 60)
    count = flight.initial()
    came = flight.arrive(BEFORE_TIME_OUT)
    bench.check(came, [count], "segments before the retransmission timer")


@case(
    "RFC8985:7.3-PROBE",
    needs=("rack",),
    settings=("rto_min_1s", "tail_loss_probe"),
    state="ESTABLISHED",
    timing=True,
)
def no_room_for_new_text(bench: Bench) -> None:
    """The peer's window is full; the probe is the last segment again, and nothing beyond it."""
    flight = sack_flight(path(bench, window=4 * sack_size(bench)), 8)
    count = flight.initial()
    came = flight.arrive(BEFORE_TIME_OUT)
    bench.check(came, [count - 1], "segments before the retransmission timer")


@case(
    "RFC8985:7.3-SAMPLE",
    needs=("rack",),
    settings=("tail_loss_probe",),
    state="ESTABLISHED",
    timing=True,
)
def no_round_trip_since_the_last_probe(bench: Bench) -> None:
    """A lone segment and its probe are both acknowledged; the next flight is not probed for.

    The first ACK may be that of either copy, so no round trip has been measured (RFC 6298, 3).
    """
    first = unanswered(sack_flight(path(bench), 1), 1)
    with bench.reaching("a probe"):
        bench.check(first.arrive(3 * ROUND_TRIP), [0], "segments that come again")
    first.ack(1)
    first.ack(1)
    flight = unanswered(sack_flight(first.conn, 2), 2)
    bench.check(flight.arrive(1.2 * ROUND_TRIP), [], "segments before the retransmission timer")


@case(
    "RFC8985:7.4.1-ACK",
    needs=("rack",),
    settings=("rto_min_1s", "tail_loss_probe"),
    state="ESTABLISHED",
    timing=True,
)
def probe_shows_what_is_missing(bench: Bench) -> None:
    """The whole flight was lost, the probe arrives; its report brings the other back at once."""
    flight = probed(bench, 2)
    bench.wait(ROUND_TRIP)
    came = flight.ack(0, (1, 2), settle=ROUND_TRIP)
    bench.check(came, [0], "segments before the retransmission timer")


@case(
    "RFC8985:7.4.2-LOSS",
    needs=("rack", "congestion_control"),
    settings=("rto_min_1s", "tail_loss_probe"),
    state="ESTABLISHED",
    timing=True,
)
def probe_repairs_a_loss(bench: Bench) -> None:
    """Nothing tells that the last segment came twice: it was lost, and the window is halved."""
    flight = probed(bench, 8)
    flight.ack(8)
    bench.check(shrinks(flight), True, "a smaller window")


@case(
    "RFC8985:7.4.2-TWICE",
    rows={"duplicate_reported": True, "duplicate_ack": False},
    needs=("rack", "congestion_control"),
    settings=("rto_min_1s", "tail_loss_probe"),
    state="ESTABLISHED",
    timing=True,
)
def probe_was_needless(bench: Bench, reported: bool) -> None:
    """The last segment came twice, as a D-SACK or a bare duplicate ACK tells; no window shrinks."""
    flight = probed(bench, 8)
    if reported:
        flight.ack(8, (7, 8))
    else:
        flight.ack(8)
        flight.ack(8)
    bench.check(shrinks(flight), False, "a smaller window")


def shrinks(flight: Flight) -> bool:
    """A full window of new text is sent, and its first segment acknowledged.

    Whether fewer than eight segments go, or no more for the ACK: RFC 8985 halves the window with
    the ACK of something new, its drafts with that of the probe.
    """
    bench = flight.conn.bench
    after = sack_flight(flight.conn, 60)
    with bench.reaching("more text"):
        count = len(after.arrive())
        bench.check(count > 0, True, "text has come")
    return count < 8 or not after.ack(1)


@case(
    "RFC8985:4-SACK",
    needs=("rack",),
    settings=("rto_min_1s", "tail_loss_probe"),
    state="ESTABLISHED",
    timing=True,
)
def without_sack(bench: Bench) -> None:
    """SACK was not offered; one duplicate ACK, and silence: nothing goes before the time-out."""
    flight = unanswered(Flight(path(bench, sack=False), 3), 3)
    came = flight.arrive(BEFORE_TIME_OUT - 1.5 * ROUND_TRIP)
    came += flight.ack(0, settle=ROUND_TRIP)
    bench.check(came, [], "segments before the retransmission timer")


@case(
    "RFC8985:7.2-RECOVERY",
    needs=("rack",),
    settings=("rto_min_1s", "tail_loss_probe"),
    state="ESTABLISHED",
    timing=True,
)
def no_probe_in_recovery(bench: Bench) -> None:
    """A lost segment has gone again, and no answer comes; no probe goes beside it."""
    flight = sack_flight(path(bench), 4, apart_s=0.002)
    with bench.reaching("recovery"):
        bench.check(flight.arrive(ROUND_TRIP), [0, 1, 2, 3], "segments in order")
        bench.check(flight.ack(0, (1, 4)), [0], "segments that come again")
    bench.check(flight.arrive(BEFORE_TIME_OUT), [], "segments before the retransmission timer")


@case(
    "RFC8985:7.2-DELAYED-ACK",
    needs=("rack",),
    settings=("tail_loss_probe",),
    state="ESTABLISHED",
    measures=True,
    timing=True,
)
def lone_segment(bench: Bench) -> None:
    """One segment draws no answer; when it comes again, in round trips."""
    flight = unanswered(sack_flight(path(bench), 1), 1)
    sent = bench.now_ns - int(1.5 * ROUND_TRIP * NS_PER_S)
    with bench.reaching("a probe"):
        again = flight.conn.expect("A", seq=flight.seq(0), payload=ANY, within=TIME_OUT)
    bench.measure("probe_s", round((again.t_ns - sent) / NS_PER_S, 2))
