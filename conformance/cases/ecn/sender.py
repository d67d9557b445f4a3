"""Text under ECN, and what ECE does to the sender: RFC 3168, sections 6.1.2, 6.1.5 and 6.1.6."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import ECT_0, NOT_ECT, codepoint, ecn_established, says

NEEDS = ("ecn",)
WINDOW = ("ecn", "congestion_control")
CWR = "RFC3168:6.1.2-CWR"
MSS = 1460
#: Seconds within which every stack has sent a lost segment again.
RTO = 4.0


def text(conn: Connection, octets: bytes) -> Arrival:
    """A segment of new text, by itself."""
    conn.app.send(octets)
    return conn.expect("A", seq=conn.target.snd.nxt, payload=octets)


def bulk(conn: Connection, segments: int) -> list[Arrival]:
    """What of so many full segments goes out at once."""
    with conn.bench.reaching("a flight of segments", whole=False):
        conn.app.begin_send(bytes(segments * MSS))
        conn.bench.wait(0.05)
        sent = conn.drop_arrivals()
        conn.bench.check(len(sent) >= 4, True, "four segments or more in flight")
    return sent


def more(conn: Connection, wait: float = 0.05) -> list[Arrival]:
    """What else the target sends now."""
    conn.bench.wait(wait)
    return conn.drop_arrivals()


@case("RFC3168:6.1.2-ECT0", needs=NEEDS, rows={"small": 9, "bulk": 4000})
def new_text_is_ect(bench: Bench, octets: int) -> None:
    """New text on a connection with ECN; each segment is ECT(0)."""
    conn = ecn_established(bench)
    conn.app.send(bytes(octets))
    got = 0
    while got < octets:
        sent = conn.expect("A", seq=conn.target.snd.nxt, payload=ANY, within=3)
        bench.check(codepoint(sent), ECT_0, "codepoint of text")
        got += len(sent.segment.payload)
        conn.send("A")


@case("RFC3168:6.1.2-HALVE", needs=WINDOW, rows={"once": 1, "each_ack": 4})
def echo_halves_the_window(bench: Bench, echoes: int) -> None:
    """A flight is acknowledged, once or piece by piece, with ECE; half as much is out after it.

    One echo is an answer enough for a window of data, so that more of them change nothing.
    """
    conn = ecn_established(bench)
    sent = bulk(conn, 40)
    new = 0
    for part in range(1, echoes + 1):
        upto = sent[len(sent) * part // echoes - 1].segment
        conn.send("AE", ack=upto.seq + len(upto.payload))
        new += len(more(conn))
    half = len(sent) // 2
    bench.measure("segments before and after", f"{len(sent)}, {new}")
    bench.check(half - 1 <= new <= half + 1, True, "half as many segments in flight")


@case("RFC3168:6.1.2-NO-GROWTH", needs=WINDOW)
def echo_does_not_widen_the_window(bench: Bench) -> None:
    """ACKs with ECE of one window come one by one; what is out never exceeds the flight before."""
    conn = ecn_established(bench)
    sent = bulk(conn, 40)
    new = 0
    for count, arrival in enumerate(sent, 1):
        conn.send("AE", ack=arrival.segment.seq + len(arrival.segment.payload))
        new += len(more(conn))
        bench.check(len(sent) - count + new <= len(sent), True, "segments in flight")


@case(CWR, needs=NEEDS)
def reduction_is_told(bench: Bench) -> None:
    """An ACK with ECE; the next new text says CWR, and what follows it does not."""
    conn = ecn_established(bench)
    bench.check(says(text(conn, b"one")), "", "flags of text before")
    conn.send("AE")
    bench.check(says(text(conn, b"two")), "C", "flags of the next text")
    conn.send("A")
    bench.check(says(text(conn, b"three")), "", "flags of the text after it")


@case(CWR, needs=NEEDS)
def later_mark_is_told_again(bench: Bench) -> None:
    """ECE of the next window of data; CWR again, once."""
    conn = ecn_established(bench)
    text(conn, b"one")
    conn.send("AE")
    bench.check(says(text(conn, b"two")), "C", "flags after the first echo")
    conn.send("AE")
    bench.check(says(text(conn, b"three")), "C", "flags after the second echo")
    conn.send("A")
    bench.check(says(text(conn, b"four")), "", "flags of the text after it")


@case("RFC3168:6.1.2-CWR-LOSS", needs=WINDOW)
def timeout_is_told(bench: Bench) -> None:
    """Text is lost and sent again by the timer; the next new text says CWR."""
    conn = ecn_established(bench)
    lost = text(conn, b"lost")
    conn.expect("A", seq=lost.segment.seq, payload=b"lost", within=RTO)
    conn.send("A")
    bench.check(says(text(conn, b"next")), "C", "flags of the next text")


@case("RFC3168:6.1.2-CWR-NOT-RETX", "RFC3168:6.1.5-RETX", needs=NEEDS)
def reduction_waits_for_new_text(bench: Bench) -> None:
    """ECE, then the rest of the flight is lost; what goes again says no CWR and is not ECT."""
    conn = ecn_established(bench)
    conn.app.set_option("IPPROTO_TCP", "TCP_NODELAY", 1)
    text(conn, b"one")
    second = text(conn, b"two")
    conn.send("AE", ack=second.segment.seq)
    again = conn.expect("A", seq=second.segment.seq, payload=b"two", within=RTO)
    bench.check("C" in says(again), False, "CWR on what is sent again")
    bench.check(codepoint(again), NOT_ECT, "codepoint", requirement="RFC3168:6.1.5-RETX")


@case("RFC3168:6.1.5-RETX", needs=NEEDS)
def text_of_the_timer_is_not_ect(bench: Bench) -> None:
    """Text is lost and sent again by the timer; it is not ECT."""
    conn = ecn_established(bench)
    lost = text(conn, b"lost")
    bench.check(codepoint(lost), ECT_0, "codepoint of the first copy")
    again = conn.expect("A", seq=lost.segment.seq, payload=b"lost", within=RTO)
    bench.check(codepoint(again), NOT_ECT, "codepoint of the second copy")


@case("RFC3168:6.1.5-RETX", needs=WINDOW)
def text_of_fast_retransmit_is_not_ect(bench: Bench) -> None:
    """Three duplicate ACKs; what they draw again is not ECT."""
    conn = ecn_established(bench)
    sent = bulk(conn, 8)
    first = sent[0].segment
    for _ in range(3):
        conn.send("A", ack=first.seq)
    again = [arrival for arrival in more(conn) if arrival.segment.seq == first.seq]
    bench.check([codepoint(arrival) for arrival in again[:1]], [NOT_ECT], "codepoint")


@case("RFC3168:6.1.6-ZWP", needs=NEEDS)
def window_probes_are_not_ect(bench: Bench) -> None:
    """The peer closes its window and says ECE; probes are not ECT, and do not say CWR."""
    conn = ecn_established(bench)
    text(conn, b"one")
    conn.window = 0
    conn.send("AE")
    conn.app.send(b"waits")
    for _ in range(2):
        probe = conn.expect(None, payload=ANY, within=RTO)
        bench.check(codepoint(probe), NOT_ECT, "codepoint of a probe")
        bench.check("C" in says(probe), False, "CWR on a probe")
        conn.send("A", ack=conn.target.snd.una)


@case("RFC3168:6.1.2-RTX-TIMER", needs=WINDOW)
def window_of_one_segment(bench: Bench) -> None:
    """After a time-out cwnd is one segment, and ECE comes; new text waits for the timer."""
    conn = ecn_established(bench)
    lost = text(conn, bytes(1000))
    conn.expect("A", seq=lost.segment.seq, payload=1000, within=RTO)
    conn.app.begin_send(bytes(3 * MSS))
    conn.send("AE")
    conn.expect_silence(0.15)
    conn.expect("A", seq=conn.target.snd.nxt, payload=ANY, within=RTO)
