"""When text is acknowledged: RFC 9293, section 3.8.6.3."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.probes import needs_limit
from tcpassay.conformance.reach import established, reach
from tcpassay.core.clock import NS_PER_S

SECTION = "3.8.6.3"


@case("RFC9293:MUST-40", "RFC5681:4.2-DELACK-500", state="ESTABLISHED")
def a_small_segment_is_acknowledged_in_time(bench: Bench) -> None:
    """Single small segments, each after a pause; every ACK comes within half a second."""
    conn = established(bench)
    for pause in (0.0, 0.3, 0.6):
        bench.wait(pause)
        conn.send(TCP(flags="PA") / Raw(b"tick"))
        conn.expect("A", ack=conn.peer.snd.nxt, within=0.499)
    conn.send(TCP(flags="PA") / Raw(b"tock"))
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.499, requirement="4.2-DELACK-500")


@case("RFC9293:SHLD-19", "RFC5681:4.2-DELACK-2ND", state="ESTABLISHED")
def every_second_full_segment_is_acknowledged(bench: Bench) -> None:
    """Twenty full-sized segments; after every second one all is acknowledged at once."""
    needs_limit(bench, "rcv_buffer", 20 * 1460)
    conn = established(bench)
    for number in range(10):
        for _ in range(2):
            conn.send(TCP(flags="A") / Raw(bytes(1460)))
        conn.expect(
            "A",
            ack=conn.peer.snd.nxt,
            within=0.1,
            requirement="SHLD-19" if number % 2 else "4.2-DELACK-2ND",
        )


@case("RFC9293:MUST-40", rows={"ESTABLISHED": "ESTABLISHED", "FIN-WAIT-2": "FIN-WAIT-2"})
def a_fin_is_acknowledged_in_time(bench: Bench, state: str) -> None:
    """The peer's FIN; its ACK comes within half a second."""
    conn = reach(bench, state)
    conn.send(TCP(flags="FA"))
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.499)


@case("RFC9293:3.10.7.4-TEXT-PIGGYBACK", state="ESTABLISHED")
def the_answer_carries_the_ack(bench: Bench) -> None:
    """The application answers a request at once; the answer acknowledges the request."""
    conn = established(bench)
    reading = conn.app.begin_recv(100)
    conn.send(TCP(flags="PA") / Raw(b"question"))
    reading.expect_return(octets=b"question")
    conn.app.send(b"answer")
    conn.expect("A", ack=conn.peer.snd.nxt, payload=b"answer")


@case("RFC9293:MUST-61", "RFC9293:MUST-60", state="ESTABLISHED")
def the_last_segment_carries_push(bench: Bench) -> None:
    """Two and a half segments are sent in one call; all come, and the last has PSH."""
    conn = established(bench, mss=536)
    text = bytes(index % 251 for index in range(1340))
    first = conn.target.snd.nxt
    conn.app.send(text)
    got, last = 0, None
    while got < len(text):
        size = min(536, len(text) - got)
        _, last = conn.expect_one_of(
            Pattern("A", seq=first + got, payload=text[got : got + size]), requirement="MUST-60"
        )
        got += size
        conn.send("A")
    bench.check(last is not None and bool(last.segment.flags & 8), True, "PSH on the last segment")


@case("RFC9293:SHLD-18", state="ESTABLISHED", timing=True)
def lone_segments_are_acknowledged_later(bench: Bench) -> None:
    """Forty full segments, then small ones that nothing follows; an ACK waits for company.

    Before, a receiver may be in a hurry: the sender's slow start lives on its ACKs. So it may be
    after a pause.
    """
    needs_limit(bench, "rcv_buffer", 40 * 1200)
    conn = established(bench)
    for _ in range(40):
        conn.send(TCP(flags="A") / Raw(bytes(1200)))
    with bench.reaching("all acknowledged"):
        bench.wait(0.1)
        conn.drop_arrivals()
    waits = []
    for _ in range(5):
        sent = bench.now_ns
        conn.send(TCP(flags="PA") / Raw(b"lone"))
        arrival = conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
        waits.append((arrival.t_ns - sent) / NS_PER_S)
    bench.measure("longest wait in s", round(max(waits), 3))
    bench.check(max(waits) > 0.015, True, "an ACK came later than at once")


@case(
    "RFC9293:MUST-59",
    "RFC1122:4.2.2.20-QUEUE",
    "RFC9293:MUST-58",
    rows={"text": "PA", "text_and_FIN": "FPA"},
    state="ESTABLISHED",
)
def a_queue_is_acknowledged_as_a_whole(bench: Bench, last: str) -> None:
    """Five full segments wait behind a hole, the last with a FIN; what fills it draws one ACK."""
    needs_limit(bench, "rcv_buffer", 7200)
    conn = established(bench)
    first = conn.peer.snd.nxt
    for number in range(1, 6):
        packet = TCP(flags=last if number == 5 else "A", seq=first + 1200 * number)
        conn.send(packet / Raw(bytes(1200)))
    conn.drop_arrivals()
    conn.send(TCP(flags="A", seq=first) / Raw(bytes(1200)))
    bench.wait(0.6)
    acks = [int(arrival.segment.ack) for arrival in conn.drop_arrivals()]
    end = int(first + 7200 + ("F" in last))
    bench.check(acks[-1:], [end], "last ACK", requirement="4.2.2.20-QUEUE")
    bench.check(acks[0], end, "first ACK")
    bench.check(len(acks), 1, "ACKs", requirement="MUST-58")


@case("RFC9293:MUST-58", rows={"in_turn": 0, "behind_a_hole": 10}, state="ESTABLISHED")
def text_and_fin_share_an_ack(bench: Bench, hole: int) -> None:
    """A segment brings the last text and the FIN; one ACK tells of both."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    if hole:
        conn.send(TCP(flags="PA", seq=first + 5) / Raw(b"later"))
        with bench.reaching("text behind a hole"):
            conn.expect("A", ack=first)
        conn.send(TCP(flags="FPA", seq=first) / Raw(b"sooner and later"[:10]))
    else:
        conn.send(TCP(flags="FPA", seq=first) / Raw(b"last words"))
    bench.wait(0.6)
    acks = [int(arrival.segment.ack) for arrival in conn.drop_arrivals()]
    bench.check(acks, [int(first + 11)], "ACKs")
