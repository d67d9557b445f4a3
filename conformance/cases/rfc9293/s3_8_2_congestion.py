"""Congestion control as a whole: RFC 9293, section 3.8.2."""

from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import Flight, offering, opened
from tcpassay.conformance.peer import Arrival
from tcpassay.conformance.probes import says
from tcpassay.conformance.reach import listener
from tcpassay.core.clock import NS_PER_S

SECTION = "3.8.2"


def copy(flight: Flight, number: int, within: float) -> Arrival:
    """The timer sends a segment again."""
    text = flight.text[number * flight.mss : (number + 1) * flight.mss]
    return flight.conn.expect("A", seq=flight.seq(number), payload=text, within=within)


@case("RFC9293:MUST-19", settings=("no_frto",), state="ESTABLISHED", timing=True, real_s=3)
def slow_start_back_off_and_slow_start(bench: Bench) -> None:
    """Two rounds, then three time-outs, then rounds again: the course of RFC 5681 and RFC 6298.

    The flight doubles, collapses to one segment that comes again ever later, doubles once more up
    to half of what was lost, and grows by a segment a round from there.
    """
    flight = Flight(opened(bench, offering()), 100)
    count = flight.initial()
    second = len(flight.ack_each(0, count))
    bench.check(1.5 * count <= second <= 2 * count, True, "slow start doubles the flight")
    sent = [copy(flight, count, 4.0)]
    for _ in range(2):
        bench.check(flight.arrive(0.05), [], "segments between two time-outs")
        sent.append(copy(flight, count, 16.0))
    waits = [(later.t_ns - sooner.t_ns) / NS_PER_S for sooner, later in pairwise(sent)]
    bench.measure("waits in s", " ".join(f"{wait:.2f}" for wait in waits))
    bench.check(1.7 <= waits[1] / waits[0] <= 2.3, True, "the wait doubles")
    upto, sizes = count + 1, []
    came = flight.ack(upto)
    while came and len(sizes) < 6:
        sizes.append(len(came))
        came = flight.ack_each(upto, upto + len(came))
        upto += sizes[-1]
    bench.measure("segments a round", " ".join(map(str, sizes)))
    half = second // 2
    doubled = [size for size in (2, 4, 8) if size <= half]
    bench.check(sizes[: len(doubled)], doubled, "slow start doubles the flight once more")
    after = sizes[len(doubled) :]
    slow = all(size <= half + 1 + grown for grown, size in enumerate(after))
    bench.check(slow and after[-1] > after[0], True, f"from {half} on a segment a round")


@case("RFC9293:SHLD-8", state="LISTEN")
def ecn_is_there(bench: Bench) -> None:
    """A SYN that offers ECN (ECE and CWR); the SYN,ACK agrees by ECE without CWR."""
    listener(bench)
    conn = bench.connection()
    conn.send("SEC")
    answer = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check(says(answer), "E", "flags of the SYN,ACK")
