"""When a reset is sent, with which numbers, and when not: RFC 9293, section 3.5.2."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.probes import is_reset
from tcpassay.conformance.reach import established, peer_acks, reach
from tcpassay.wire import flags_text

SECTION = "3.5.2"

#: An acknowledgement number that no connection of these cases ever uses.
NUMBER = 0x7000_0000


@case("RFC9293:3.5.2-NO-RST-FOR-RST", rows={"RST": "R", "RST-ACK": "RA", "RST-SYN": "RS"})
def no_reset_for_a_reset(bench: Bench, flags: str) -> None:
    """A reset for a connection that does not exist, with other flags too; no answer."""
    conn = bench.connection(port=81)
    conn.send(TCP(flags=flags, ack=NUMBER) / Raw(b"text"))
    conn.expect_silence(0.3)
    conn.send(TCP(flags="A", ack=NUMBER))
    is_reset(conn, NUMBER)


@case("RFC9293:3.5.1-HALFOPEN-DATA", rows={"text": "PA", "FIN": "FA", "ACK": "A"}, state="CLOSED")
def segment_of_a_connection_that_has_ended(bench: Bench, flags: str) -> None:
    """A segment of a connection that LAST-ACK has just ended; RST with SEQ = its ACK number."""
    conn = reach(bench, "LAST-ACK", how="close")
    with bench.reaching("CLOSED"):
        peer_acks(conn)
        conn.expect_state("CLOSED")
    packet = TCP(flags=flags, ack=NUMBER)
    conn.send(packet / Raw(b"anybody?") if flags == "PA" else packet)
    is_reset(conn, NUMBER)
    conn.expect_silence(0.3)


@case(
    "RFC9293:3.10.5-ABORT-SYNC",
    "RFC9293:3.10.5-ABORT-FLUSH",
    rows={s: s for s in ("ESTABLISHED", "CLOSE-WAIT")},
    needs=("linger",),
)
def abort_by_linger_zero(bench: Bench, state: str) -> None:
    """SO_LINGER of 0 and close() with text unacknowledged; one RST at SND.NXT, nothing more."""
    conn = reach(bench, state)
    conn.app.set_linger(0)
    conn.app.send(b"unacknowledged")
    with bench.reaching("text in flight"):
        conn.expect("A", payload=b"unacknowledged")
    conn.app.close()
    conn.expect_one_of(
        Pattern("R", seq=conn.target.snd.nxt),
        Pattern("RA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt),
    )
    conn.expect_silence(1.2, requirement="3.10.5-ABORT-FLUSH")
    conn.send("A")
    is_reset(conn, conn.peer.rcv.nxt, requirement="3.10.5-ABORT-FLUSH")


@case(
    "RFC9293:3.10.5-ABORT-SYNC",
    rows={s: s for s in ("FIN-WAIT-1", "FIN-WAIT-2")},
    needs=("linger",),
)
def abort_after_half_close(bench: Bench, state: str) -> None:
    """SO_LINGER of 0 and close() after shutdown(); RST at SND.NXT, behind the FIN."""
    conn = reach(bench, state)
    conn.app.set_linger(0)
    conn.app.close()
    conn.expect_one_of(
        Pattern("R", seq=conn.target.snd.nxt),
        Pattern("RA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt),
    )
    conn.expect_silence(0.3)


@case(
    "RFC9293:3.10.5-ABORT-LATE",
    rows={s: s for s in ("CLOSING", "LAST-ACK", "TIME-WAIT")},
    needs=("linger",),
)
def abort_when_both_have_closed(bench: Bench, state: str) -> None:
    """SO_LINGER of 0 and close() once both FINs were sent; no reset goes out."""
    conn = reach(bench, state)
    conn.app.set_linger(0)
    conn.app.close()
    conn.expect_silence(0.1, repeats=True)


@case("RFC9293:3.5.2-GROUP3-EMPTY-ACK", rows={"below": -2000, "above": 70000}, state="ESTABLISHED")
def unacceptable_text_gets_an_empty_ack(bench: Bench, offset: int) -> None:
    """Text outside the window, while the target has text in flight; an ACK without text."""
    conn = established(bench)
    conn.app.send(b"in flight")
    with bench.reaching("text in flight"):
        conn.expect("A", payload=b"in flight")
    conn.send(TCP(flags="PA", seq=conn.peer.snd.nxt + offset) / Raw(b"x" * 1000))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, payload=b"")
    conn.expect_silence()
    conn.expect_state("ESTABLISHED")
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()


@case("RFC9293:3.5.2-RST-SENDER-TIMEWAIT", needs=("linger",), state="ESTABLISHED", measures=True)
def what_is_left_of_an_aborted_connection(bench: Bench) -> None:
    """The application aborts, then an old SYN comes on the same tuple; its answer is recorded.

    In TIME-WAIT a SYN with an old number is not answered by SYN,ACK.
    """
    conn = established(bench)
    number = conn.peer.iss
    with bench.reaching("a reset of the target's"):
        conn.app.set_linger(0)
        conn.app.close()
        conn.expect_one_of(Pattern("R"), Pattern("RA"))
    again = bench.connection(peer_port=conn.peer_port, iss=number - 1000)
    again.send(TCP(flags="S"))
    bench.wait(0.1)
    answers = [flags_text(arrival.segment.flags) for arrival in again.drop_arrivals()]
    bench.measure("answer to an old SYN", " ".join(answers) or "none")
    bench.measure("TIME-WAIT", "no" if answers == ["SA"] else "yes")
