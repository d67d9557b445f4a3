"""Retransmission of text: RFC 9293, sections 3.8.1 to 3.8.3, and RFC 6298."""

from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.match import ANY, Between
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.reach import established
from tcpassay.core.clock import NS_PER_S
from tcpassay.core.seq import Seq

SECTION = "3.8.1"

#: The longest first time-out that a conforming stack has without a sample: 1 s, or 3 s after a
#: SYN that was lost (RFC 6298, 2.1 and 5.7).
FIRST = 3.5


def span(earlier: Arrival, later: Arrival) -> float:
    """Seconds between two arrivals."""
    return (later.t_ns - earlier.t_ns) / NS_PER_S


def in_flight(conn: Connection, text: bytes) -> Arrival:
    """The target sends text that nobody acknowledges."""
    conn.app.send(text)
    with conn.bench.reaching("text in flight"):
        return conn.expect("A", seq=conn.target.snd.nxt, payload=text)


@case(
    "RFC9293:3.10.8-RETRANS",
    "RFC6298:5.5-BACKOFF",
    "RFC9293:3.8.1-RETX-SAME",
    state="ESTABLISHED",
    timing=True,
)
def text_is_sent_again_ever_later(bench: Bench) -> None:
    """Text stays unacknowledged; the same octets come again, each wait twice the one before."""
    conn = established(bench)
    text = b"again and again"
    sent = [in_flight(conn, text)]
    number = sent[0].segment.seq
    for _ in range(3):
        wait = FIRST if len(sent) == 1 else 2.5 * span(sent[-2], sent[-1])
        sent.append(conn.expect("A", seq=number, payload=ANY, since=sent[-1], within=wait))
        again = sent[-1].segment.payload
        bench.check(again, text[: len(again)], "octets", requirement="3.8.1-RETX-SAME")
    gaps = [span(*pair) for pair in pairwise(sent)]
    bench.measure("waits in s", " ".join(f"{gap:.2f}" for gap in gaps))
    # Coarse timers round each wait up on its own, so the ratio is two within a sixth.
    doubled = [1.7 <= later / sooner <= 2.3 for sooner, later in pairwise(gaps)]
    bench.check(doubled, [True, True], "each wait doubles", requirement="5.5-BACKOFF")


@case(
    "RFC6298:2.4-FLOOR",
    "RFC6298:5-NOT-EARLY",
    "RFC1122:4.2.3.1-LOWER-BOUND",
    state="ESTABLISHED",
    timing=True,
)
def first_time_out(bench: Bench) -> None:
    """After a handshake of no measurable length text is lost; it comes again no sooner than 1 s."""
    conn = established(bench)
    sent = in_flight(conn, b"lost")
    again = conn.expect(
        "A", seq=sent.segment.seq, payload=b"lost", within=FIRST, requirement="5-NOT-EARLY"
    )
    early = span(sent, again) < 1.0 - bench.tolerance_s
    bench.check(early, False, "sent again sooner than 1 s")


@case("RFC9293:3.10.7.4-ACK-NEW", "RFC6298:5.2-STOP", state="ESTABLISHED", real_s=3)
def acknowledged_text_is_not_sent_again(bench: Bench) -> None:
    """All text is acknowledged; nothing is sent again."""
    conn = established(bench)
    in_flight(conn, b"arrived")
    conn.send("A")
    conn.expect_silence(1.5)
    conn.expect_silence(1.5, requirement="5.2-STOP")


@case("RFC9293:3.10.7.4-ACK-NEW", state="ESTABLISHED")
def text_acknowledged_after_it_was_sent_again(bench: Bench) -> None:
    """The ACK comes only after a repetition; it ends the retransmission, and new text follows."""
    conn = established(bench)
    sent = in_flight(conn, b"slow")
    conn.expect("A", seq=sent.segment.seq, payload=b"slow", within=FIRST)
    conn.send("A")
    conn.expect_silence(1.0)
    conn.app.send(b"next")
    conn.expect("A", seq=conn.target.snd.una, payload=b"next")


@case("RFC9293:3.10.7.4-ACK-PARTIAL", "RFC9293:3.8.1-RETX-SAME", state="ESTABLISHED")
def part_of_the_text_is_acknowledged(bench: Bench) -> None:
    """The peer acknowledges 4 of 10 octets; what comes again has the fifth.

    Only what is acknowledged entirely leaves the retransmission queue (3.10.7.4, fifth step), so
    that the segment may come again whole.
    """
    conn = established(bench)
    sent = in_flight(conn, b"0123456789")
    first = sent.segment.seq
    conn.send(TCP(flags="A", ack=first + 4))
    wanted = Between(first, first + 4)
    again = conn.expect("A", seq=wanted, payload=ANY, within=FIRST).segment
    start = Seq(again.seq).distance(Seq(first))
    end = start + len(again.payload)
    bench.check(again.payload, b"0123456789"[start:end], "octets", requirement="3.8.1-RETX-SAME")
    bench.check(end > 4, True, "there are new octets", requirement="3.8.1-RETX-SAME")


@case("RFC6298:5.4-EARLIEST", "RFC9293:3.8.1-RETX-SAME", state="ESTABLISHED")
def the_earliest_segment_comes_first(bench: Bench) -> None:
    """Three full segments are lost; the time-out repeats the first of them."""
    conn = established(bench, mss=536)
    text = bytes(index % 251 for index in range(3 * 536))
    first = conn.target.snd.nxt
    conn.app.send(text)
    with bench.reaching("three segments in flight"):
        for start in range(0, len(text), 536):
            conn.expect("A", seq=first + start, payload=text[start : start + 536])
    again = conn.expect("A", seq=first, payload=ANY, within=FIRST)
    got = again.segment.payload
    bench.check(got, text[: len(got)], "octets", requirement="3.8.1-RETX-SAME")


@case("RFC9293:MUST-18", "RFC6298:3-KARN", state="ESTABLISHED", timing=True)
def no_sample_from_a_repeated_segment(bench: Bench) -> None:
    """Text is sent twice and acknowledged at once; the next time-out is still the doubled one.

    A sample taken from the repetition would read a round trip of nothing and bring the time-out
    back to its floor (RFC 6298, sections 3 and 5).
    """
    conn = established(bench)
    sent = in_flight(conn, b"first")
    again = conn.expect("A", seq=sent.segment.seq, payload=b"first", within=FIRST)
    conn.send("A")
    new = in_flight(conn, b"second")
    second = conn.expect("A", seq=new.segment.seq, payload=b"second", within=2 * FIRST)
    kept = span(new, second) > 1.5 * span(sent, again)
    bench.measure("time-outs in s", f"{span(sent, again):.2f} {span(new, second):.2f}")
    bench.check(kept, True, "time-out still doubled", requirement="3-KARN")


@case("RFC6298:5.3-RESTART", state="ESTABLISHED", timing=True)
def an_ack_of_new_text_restarts_the_timer(bench: Bench) -> None:
    """One of two segments is acknowledged shortly before the time-out; a whole one passes anew."""
    conn = established(bench)
    sent = in_flight(conn, b"0123456789")
    again = conn.expect("A", seq=sent.segment.seq, payload=ANY, within=FIRST)
    wait = span(sent, again)
    conn.send("A")
    in_flight(conn, b"measured")  # What was sent twice is not, and leaves the time-out doubled.
    conn.send("A")
    conn.app.set_option("IPPROTO_TCP", "TCP_NODELAY", 1)
    new = in_flight(conn, b"abcde")
    in_flight(conn, b"fghij")
    bench.wait(0.7 * wait)
    conn.send(TCP(flags="A", ack=new.segment.seq + 5))
    acked = bench.now_ns
    third = conn.expect("A", seq=new.segment.seq + 5, payload=ANY, within=2 * FIRST)
    restarted = (third.t_ns - acked) / NS_PER_S >= 0.9 * wait - bench.tolerance_s
    bench.check(restarted, True, "a whole time-out after the ACK")


@case("RFC9293:MUST-20", settings=("fast_data_giveup",), state="ESTABLISHED", real_s=4)
def gives_up_in_the_end(bench: Bench) -> None:
    """Nobody ever acknowledges the text; recv() returns ETIMEDOUT and the connection is closed."""
    conn = established(bench)
    sent = in_flight(conn, b"to nobody")
    conn.app.begin_recv(100).expect_return(errno="ETIMEDOUT", within=400.0)
    conn.expect_state("CLOSED")
    again = [arrival.segment.seq for arrival in conn.drop_arrivals() if arrival.segment.payload]
    bench.check(set(again), {sent.segment.seq}, "numbers sent again")
    conn.expect_silence(1.0)


@case("RFC9293:SHLD-11", "RFC9293:SHLD-10", state="ESTABLISHED", real_s=1000.0, timing=True)
def does_not_give_up_too_soon(bench: Bench) -> None:
    """With its own settings the target repeats the text for 100 s at least, three times or more."""
    conn = established(bench)
    in_flight(conn, b"patience")
    conn.app.begin_recv(100).expect_return(
        errno=("ETIMEDOUT", "ECONNABORTED"), after=100.0, within=4000.0
    )
    again = [arrival for arrival in conn.drop_arrivals() if arrival.segment.payload]
    bench.check(len(again) >= 3, True, "sent again three times", requirement="SHLD-10")


@case("RFC9293:3.8.1-RETX-SAME", "RFC9293:3.9.1.4-CLOSE-FLUSH", state="FIN-WAIT-1")
def text_lost_after_close_is_sent_again(bench: Bench) -> None:
    """close() follows the text at once and everything is lost; text and FIN come again."""
    conn = established(bench)
    first = conn.target.snd.nxt
    conn.app.send(b"last will")
    conn.app.close()
    with bench.reaching("text and FIN sent once"):
        while conn.target.snd.nxt.before(first + 10):
            conn.expect(payload=ANY)
    again = conn.expect(seq=first, payload=b"last will", within=FIRST)
    bench.check(again.segment.payload, b"last will", "octets")
    conn.send("A", ack=first + 9)
    conn.expect("FA", seq=first + 9, within=2 * FIRST, requirement="3.9.1.4-CLOSE-FLUSH")
    conn.send("A", ack=first + 10)
    conn.expect_state("FIN-WAIT-2", requirement="3.9.1.4-CLOSE-FLUSH")


@case("RFC9293:MAY-4", ip=(4,), state="ESTABLISHED", measures=True)
def identification_of_a_retransmission(bench: Bench) -> None:
    """Text is sent again; whether its IPv4 identification is that of the first time."""
    conn = established(bench)
    first = in_flight(conn, b"again")
    again = conn.expect("A", seq=first.segment.seq, payload=b"again", within=FIRST)
    one, other = (arrival.datagram.ip.identification for arrival in (first, again))
    same = "the same" if one == other else "another"
    bench.measure("identification of a retransmission", same if one or other else "0 in both")
