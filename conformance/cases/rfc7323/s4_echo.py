"""Which timestamp is echoed, and what its echo is good for: RFC 7323, section 4."""

import itertools

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import stamps_of
from tcpassay.conformance.peer import Arrival
from tcpassay.conformance.stamped import FIRST_STAMP, Clock, stamped
from tcpassay.core.clock import NS_PER_S

SECTION = "4"


def conversing(bench: Bench) -> Clock:
    """A connection on which both have sent: the target delays its ACKs, if it ever does."""
    clock = stamped(bench)
    conn = clock.conn
    with bench.reaching("ESTABLISHED, text in both directions"):
        for _ in range(3):
            clock.send("PA", payload=b"ask")
            conn.app.recv(3, want=b"ask")
            conn.app.send(b"answer")
            conn.expect("A", payload=b"answer")
            clock.send("A")
    return clock


@case(
    "RFC7323:4.3-DELAYED-ACK",
    rows={"ticks_1": 1, "ticks_1000": 1000},
    needs=("timestamps",),
    state="ESTABLISHED",
)
def delayed_ack(bench: Bench, step: int) -> None:
    """Two small segments a tick apart; each ACK echoes the earliest segment that it covers."""
    clock = conversing(bench)
    conn = clock.conn
    first = int(conn.peer.snd.nxt)
    times = (FIRST_STAMP + step, FIRST_STAMP + 2 * step)
    for time in times:
        clock.send("PA", payload=b"x" * 10, tsval=time)
    bench.wait(0.6)
    covered = 0
    for arrival in conn.drop_arrivals():
        echoed = stamps_of(arrival.segment)
        bench.check(echoed and echoed.tsecr, times[covered // 10], "TSecr")
        covered = arrival.segment.ack - first
    bench.check(covered, 20, "octets acknowledged")


@case("RFC7323:4.3-HOLE", needs=("timestamps",), state="ESTABLISHED")
def ack_of_a_hole(bench: Bench) -> None:
    """Three segments behind a hole, each newer; the duplicate ACKs echo the last one in order."""
    clock = stamped(bench)
    conn = clock.conn
    sent = clock.send("PA", payload=b"x" * 10, tsval=FIRST_STAMP + 5)
    conn.expect("A", ack=sent.seq + 10, tsecr=FIRST_STAMP + 5)
    for ahead in (10, 20, 30):
        stamp = FIRST_STAMP + 5 + ahead
        clock.send("PA", payload=b"x" * 10, seq=int(conn.peer.snd.nxt + ahead), tsval=stamp)
        conn.expect("A", ack=conn.peer.snd.nxt, tsecr=FIRST_STAMP + 5)


@case("RFC7323:4.3-FILL", needs=("timestamps",), state="ESTABLISHED")
def segment_that_fills_the_hole(bench: Bench) -> None:
    """A hole with newer text behind it is filled; the ACK echoes the segment that filled it."""
    clock = stamped(bench)
    conn = clock.conn
    first = conn.peer.snd.nxt
    clock.send("PA", payload=b"late!", seq=int(first + 5), tsval=FIRST_STAMP + 50)
    conn.expect("A", ack=first, tsecr=FIRST_STAMP)
    clock.send("PA", payload=b"early", seq=int(first), tsval=FIRST_STAMP + 20)
    conn.expect("A", ack=first + 10, tsecr=FIRST_STAMP + 20)
    conn.app.recv(20, want=b"earlylate!")


@case("RFC7323:4.3-FILL", "RFC7323:4.3-HOLE", needs=("timestamps",), state="ESTABLISHED")
def first_of_two_holes_is_filled(bench: Bench) -> None:
    """The first of two holes is filled, then more comes behind the second; the filler is echoed."""
    clock = stamped(bench)
    conn = clock.conn
    first = conn.peer.snd.nxt
    for ahead in (10, 30):
        clock.send("PA", payload=b"x" * 10, seq=int(first + ahead), tsval=FIRST_STAMP + ahead)
        conn.expect("A", ack=first, tsecr=FIRST_STAMP, requirement="4.3-HOLE")
    clock.send("PA", payload=b"x" * 10, seq=int(first), tsval=FIRST_STAMP + 40)
    conn.expect("A", ack=first + 20, tsecr=FIRST_STAMP + 40)
    clock.send("PA", payload=b"x" * 10, seq=int(first + 40), tsval=FIRST_STAMP + 60)
    conn.expect("A", ack=first + 20, tsecr=FIRST_STAMP + 40, requirement="4.3-HOLE")


def time_out(sent: Arrival, again: Arrival) -> float:
    """Seconds between a segment and its repetition, to a hundredth."""
    return round((again.t_ns - sent.t_ns) / NS_PER_S, 2)


@case("RFC7323:4.1-RTTM", needs=("timestamps",), state="ESTABLISHED", measures=True, timing=True)
def old_echo_without_progress(bench: Bench) -> None:
    """ACKs of nothing new echo a time 2 s ago; the retransmission time-out does not grow by it."""
    clock = stamped(bench)
    conn = clock.conn
    old = clock.newest()
    bench.wait(2.0)
    conn.app.send(b"text")
    sent = conn.expect("A", payload=b"text")
    for window in (60_000, 50_000, 40_000, 30_000):
        clock.send("A", ack=int(conn.target.snd.una), tsecr=old, window=window)
    again = conn.expect("A", seq=sent.segment.seq, payload=b"text", within=8)
    bench.measure("time-out in s", time_out(sent, again))
    bench.check(time_out(sent, again) <= 1.5, True, "a time-out of 1.5 s at most")


@case("RFC6298:5.5-COLLAPSE", needs=("timestamps",), state="ESTABLISHED", timing=True, real_s=9)
def echo_of_a_repetition_is_a_sample(bench: Bench) -> None:
    """Text is sent three times, and the echo tells that the third arrived at once.

    With timestamps Karn's rule does not apply: the next time-out is as short as the first.
    """
    clock = stamped(bench)
    conn = clock.conn
    conn.app.send(b"lost")
    first = conn.expect("A", payload=b"lost")
    with bench.reaching("two repetitions"):
        second = conn.expect("A", seq=first.segment.seq, payload=b"lost", within=3)
        conn.expect("A", seq=first.segment.seq, payload=b"lost", within=6)
    clock.send("A")
    conn.app.send(b"next")
    sent = conn.expect("A", seq=conn.target.snd.una, payload=b"next")
    again = conn.expect("A", seq=sent.segment.seq, payload=b"next", within=8)
    bench.measure("first time-out in s", time_out(first, second))
    bench.measure("next time-out in s", time_out(sent, again))
    near = time_out(sent, again) <= 1.5 * time_out(first, second)
    bench.check(near, True, "the time-out is as before")


@case("RFC6298:2.3-NEXT", needs=("timestamps",), state="ESTABLISHED", timing=True, real_s=10)
def late_echo_makes_the_time_out_longer(bench: Bench) -> None:
    """Round trips of 0.9 s, by the clock and by the echo; the time-out exceeds them."""
    clock = stamped(bench)
    conn = clock.conn
    for _ in range(4):
        conn.app.send(b"slow")
        with bench.reaching("a round trip of 0.9 s"):
            conn.expect("A", seq=conn.target.snd.una, payload=b"slow")
            stamp = clock.newest()
            bench.wait(0.9)
            conn.drop_arrivals()
        clock.send("A", tsecr=stamp)
    conn.app.send(b"lost")
    sent = conn.expect("A", seq=conn.target.snd.una, payload=b"lost")
    again = conn.expect("A", seq=sent.segment.seq, payload=b"lost", within=6)
    bench.measure("time-out in s", time_out(sent, again))
    bench.check(time_out(sent, again) > 1.1, True, "a time-out over 1.1 s")


@case("RFC7323:5.4-TSVAL-MONOTONE", needs=("timestamps",), state="ESTABLISHED")
def repetition_has_a_time_of_its_own(bench: Bench) -> None:
    """Text is sent again after a time-out; its TSval is newer, and none ever goes back."""
    clock = stamped(bench)
    conn = clock.conn
    seen = [clock.newest()]
    conn.app.send(b"text")
    sent = conn.expect("A", payload=b"text")
    seen.append(clock.newest())
    conn.expect("A", seq=sent.segment.seq, payload=b"text", within=4)
    seen.append(clock.newest())
    bench.check(seen[2] != seen[1], True, "the repetition has another TSval")
    for _ in range(3):
        clock.send("PA", payload=b"more")
        bench.wait(0.3)
        conn.drop_arrivals()
        seen.append(clock.newest())
    steps = [(later - sooner) % 2**32 for sooner, later in itertools.pairwise(seen)]
    bench.check(max(steps) < 2**31, True, "no TSval is older than the one before")


@case("RFC7323:5.4-CLOCK", needs=("timestamps",), state="ESTABLISHED", timing=True, real_s=4)
def rate_of_the_clock(bench: Bench) -> None:
    """ACKs drawn over 3 s; between them the TSval grows by 1 to 1000 a second."""
    clock = stamped(bench)
    conn = clock.conn
    samples: list[tuple[int, int]] = []
    for _ in range(4):
        clock.send("A", seq=int(conn.peer.snd.nxt - 1))
        answer = conn.expect("A", ack=conn.peer.snd.nxt)
        samples.append((answer.t_ns, clock.newest()))
        bench.wait(1.0)
    took = (samples[-1][0] - samples[0][0]) / NS_PER_S
    ticks = (samples[-1][1] - samples[0][1]) % 2**32
    bench.measure("ticks a second", round(ticks / took))
    bench.check(took * 0.9 - 1 <= ticks <= took * 1010 + 1, True, "1 to 1000 ticks a second")
