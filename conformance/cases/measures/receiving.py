"""Values of the receiver: when it acknowledges, and how often it answers a challenge."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import offering, opened
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import established
from tcpassay.core.clock import NS_PER_S

#: So many questions and answers make a stack that acknowledges at once to begin with delay.
ROUNDS = 12
ISLANDS = 300


def ask(conn: Connection) -> None:
    """A question of the peer's, and the application's answer to it."""
    conn.send("PA", payload=b"question")
    conn.app.recv(8, want=b"question")
    conn.app.send(b"answer")
    conn.expect("A", payload=b"answer")
    conn.send("A")


@case("RFC5681:4.2-DELACK-500", state="ESTABLISHED", timing=True, measures=True)
def delayed_ack(bench: Bench) -> None:
    """Questions and answers, then a question that gets none; when it is acknowledged."""
    conn = established(bench)
    with bench.reaching("questions and answers"):
        for _ in range(ROUNDS):
            ask(conn)
    conn.drop_arrivals()
    start = bench.now_ns
    conn.send("PA", payload=b"question")
    with bench.reaching("an ACK"):
        arrival = conn.expect("A", ack=conn.peer.snd.nxt, within=1)
    bench.measure("delayed ACK after, s", round((arrival.t_ns - start) / NS_PER_S, 3))


@case("RFC5681:4.2-DELACK-2ND", state="ESTABLISHED", measures=True)
def segments_an_ack(bench: Bench) -> None:
    """20 full-sized segments, each read as it comes, at first and after questions and answers."""
    conn = opened(bench, offering(mss=1_460))
    for when in ("at first", "later"):
        with bench.reaching("questions and answers"):
            for _ in range(ROUNDS if when == "later" else 0):
                ask(conn)
        conn.drop_arrivals()
        for _ in range(20):
            conn.send("A", payload=bytes(1_460))
            conn.app.recv(1_460)
        bench.measure(f"ACKs for 20 full segments {when}", len(conn.drop_arrivals()))


@case("RFC9293:SHLD-31", state="ESTABLISHED", measures=True)
def segments_out_of_order(bench: Bench) -> None:
    """300 segments of an octet, each behind a hole; how many are there when their holes are filled.

    The holes are filled one by one: an ACK that moves by one octet tells of a segment not kept.
    """
    conn = established(bench)
    first = int(conn.peer.snd.nxt)
    for at in range(1, 2 * ISLANDS, 2):
        conn.send("A", seq=first + at, payload=b"x")
    kept, due = 0, first
    while kept < ISLANDS:
        conn.drop_arrivals()
        conn.send("A", seq=due, payload=b"x")
        bench.wait_until(conn.has_arrivals, 1.0)
        acks = [arrival.segment.ack for arrival in conn.drop_arrivals()]
        if acks[-1:] != [(due + 2) % 2**32]:
            break
        kept, due = kept + 1, (due + 2) % 2**32
    bench.measure(f"segments kept out of order, of {ISLANDS}", kept)


@case("RFC5961:7-THROTTLE", settings=("challenge_ack_limit",), real_s=3, measures=True)
def challenge_acks(bench: Bench) -> None:
    """60 resets in the window at each quarter of two seconds; how many are answered."""
    conn = established(bench)
    start, answers = bench.now_ns, 0
    for quarter in range(8):
        bench.wait(max(0.0, quarter / 4 - (bench.now_ns - start) / NS_PER_S))
        for _ in range(60):
            conn.send("R", seq=int(conn.peer.snd.nxt + 100))
        answers += len(conn.drop_arrivals())
    bench.measure("challenge ACKs in 2 s, one connection", answers)
