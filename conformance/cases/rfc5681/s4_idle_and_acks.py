"""Restart after a pause, and when the receiver acknowledges: RFC 5681, 4.1, 4.2 and 3.2."""

from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import MSS, Flight, offering, opened
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.probes import needs_limit

SECTION = "4"


@case("RFC5681:4.1-IDLE-RESTART", needs=("congestion_control",), state="ESTABLISHED", real_s=4)
def window_after_a_pause(bench: Bench) -> None:
    """The window has grown, then nothing is sent for 3 s; what follows is an initial window."""
    needs_limit(bench, "snd_buffer", 30 * MSS)
    flight = Flight(opened(bench, offering()), 30)
    count = flight.initial()
    upto = count
    with bench.reaching("a window beyond the first"):
        came = flight.ack_each(0, upto)
        bench.check(len(came) > count, True, "the window has grown")
        while upto < 30:
            came = flight.ack_each(upto, upto + len(came))
            upto = max(flight.came) + 1 - len(came)
            bench.check(upto <= 30, True, "within the text")
            if not came:
                break
    bench.wait(3.0)
    more = Flight(flight.conn, 60)
    again = more.initial()
    bench.measure("segments", again)
    bench.check(again * MSS <= 10 * MSS, True, "at most ten segments")


@case("RFC5681:3.2-DUPACK-RX", state="ESTABLISHED", timing=True)
def segment_out_of_order(bench: Bench) -> None:
    """The second of two segments comes first; a duplicate ACK is sent at once."""
    conn = opened(bench, offering())
    due = conn.peer.snd.nxt
    conn.send(TCP(flags="A", seq=int(due + 100)) / Raw(bytes(100)))
    conn.expect("A", seq=conn.target.snd.nxt, ack=due, within=0.03)


@case(
    "RFC5681:3.2-FILL-ACK",
    rows={"all": 100, "part": 50},
    state="ESTABLISHED",
    timing=True,
)
def segment_that_fills_a_gap(bench: Bench, size: int) -> None:
    """A gap of 100 octets is filled, wholly or half; the ACK is sent at once."""
    conn = opened(bench, offering())
    due = conn.peer.snd.nxt
    conn.send(TCP(flags="A", seq=int(due + 100)) / Raw(bytes(100)))
    conn.expect("A", ack=due)
    conn.send(TCP(flags="A", seq=int(due)) / Raw(bytes(size)))
    conn.expect("A", ack=due + (200 if size == 100 else size), within=0.03)


@case("RFC5681:4.2-DELACK-500", state="ESTABLISHED", timing=True)
def delayed_ack_comes_in_time(bench: Bench) -> None:
    """Segments of ten octets with pauses between; each is acknowledged within half a second."""
    conn = opened(bench, offering())
    for _ in range(5):
        conn.send("PA", payload=bytes(10))
        conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)


@case("RFC5681:4.2-DELACK-2ND", state="ESTABLISHED", timing=True)
def every_second_full_segment(bench: Bench) -> None:
    """Twenty full-sized segments back to back; at least every second one is acknowledged."""
    needs_limit(bench, "rcv_buffer", 20 * 1460)
    conn = opened(bench, offering(mss=1460))
    first = conn.peer.snd.nxt
    for _ in range(20):
        conn.send("A", payload=bytes(1460))
    bench.wait(0.02)
    acks = [a.segment.ack for a in conn.drop_arrivals()]
    reached = [(ack - int(first)) % 2**32 // 1460 for ack in acks]
    gaps = [later - sooner for sooner, later in pairwise([0, *reached])]
    bench.check(max([*gaps, 20 - max([0, *reached])]) <= 2, True, "at most two segments an ACK")
