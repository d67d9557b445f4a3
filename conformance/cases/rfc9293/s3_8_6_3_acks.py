"""When text is acknowledged: RFC 9293, section 3.8.6.3."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.reach import established, reach

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
