"""Blind text with a guessed ACK number, and limits of answers: RFC 5961, sections 5 to 10."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.peer import PEER_WINDOW
from tcpassay.conformance.probes import refuses_text
from tcpassay.conformance.reach import established, handshake, listener

SECTION = "5"


@case(
    "RFC5961:5.2-ACK-RANGE-LOW",
    rows={"one_below": -1, "far_below": -(2**30), "opposite": 2**31},
    state="ESTABLISHED",
)
def text_with_an_ack_older_than_the_window(bench: Bench, offset: int) -> None:
    """Text whose ACK lies below SND.UNA - MAX.SND.WND; an ACK comes back, the text is dropped."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    ack = conn.target.snd.una + offset - (PEER_WINDOW if abs(offset) < 2**31 else 0)
    refuses_text(conn, TCP(flags="PA", seq=first, ack=ack) / Raw(b"forged"))


@case("RFC5961:5.2-OPTIONAL", "RFC9293:MAY-12", state="ESTABLISHED", measures=True)
def whether_blind_text_is_refused(bench: Bench) -> None:
    """Text at RCV.NXT with an ACK from far below the window; whether it is taken is recorded.

    By RFC 9293, 3.10.7.4 alone an old ACK is ignored, and the text taken.
    """
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=first, ack=conn.target.snd.una - 2**30) / Raw(b"forged"))
    bench.wait(0.5)
    acks = {int(arrival.segment.ack) for arrival in conn.drop_arrivals()}
    bench.measure("blind text", "taken" if int(first + 6) in acks else "refused")
    bench.check(acks <= {int(first), int(first + 6)}, True, "ACKs are of none or of all")


@case("RFC5961:5.2-ACK-RANGE-LOW", rows={"one_below": 1, "all_below": 1000}, state="ESTABLISHED")
def text_with_an_old_ack_in_range(bench: Bench, below: int) -> None:
    """Text whose ACK lies below SND.UNA by less than MAX.SND.WND; it is taken."""
    conn = established(bench)
    conn.app.send(bytes(1000))
    with bench.reaching("1000 octets acknowledged"):
        conn.expect("A", payload=1000)
        conn.send("A")
    conn.send(TCP(flags="PA", ack=conn.target.snd.una - below) / Raw(b"late"))
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    conn.app.recv(100, want=b"late")


@case("DRAFT-GHOST-ACKS:1", state="ESTABLISHED", measures=True)
def text_with_an_ack_from_before_iss(bench: Bench) -> None:
    """Text whose ACK is in range but of octets never sent; whether it is taken is recorded."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=first, ack=conn.target.iss - 100) / Raw(b"ghost"))
    bench.wait(0.5)
    acks = [int(arrival.segment.ack) for arrival in conn.drop_arrivals()]
    bench.check(set(acks) <= {int(first), int(first + 5)}, True, "ACKs are of none or of all")
    bench.measure("ghost ACK", "taken" if int(first + 5) in acks else "refused")


@case(
    "RFC5961:5.2-ACK-RANGE-HIGH",
    rows={"one_above": 1, "one_window": 65_535, "far_above": 2**30},
    state="ESTABLISHED",
)
def ack_above_snd_nxt(bench: Bench, offset: int) -> None:
    """An ACK above SND.NXT while text is in flight; an ACK comes back, the text stays unacked."""
    conn = established(bench)
    conn.app.send(b"in flight")
    with bench.reaching("text in flight"):
        sent = conn.expect("A", payload=b"in flight")
    conn.send(TCP(flags="PA", ack=conn.target.snd.nxt + offset) / Raw(b"forged"))
    conn.peer.snd.nxt = conn.target.rcv.nxt
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect("A", seq=sent.segment.seq, payload=b"in flight", within=3.5)
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()


@case("RFC5961:7-THROTTLE", settings=("challenge_ack_limit",), state="ESTABLISHED", real_s=3)
def challenge_acks_are_limited(bench: Bench) -> None:
    """Five hundred resets in the window at once; fewer challenge ACKs come back."""
    conn = established(bench)
    for _ in range(500):
        conn.send("R", seq=conn.peer.snd.nxt + 100)
    answers = conn.drop_arrivals()
    bench.check(len(answers) < 500, True, "answers are limited")
    bench.check(len(answers) >= 1, True, "there is an answer")


@case("RFC5961:7-THROTTLE-GLOBAL", settings=("challenge_ack_limit",), measures=True, real_s=3)
def limit_is_shared_between_connections(bench: Bench) -> None:
    """One connection uses up its challenge ACKs; whether another still gets one is recorded."""
    listener(bench)
    worn, other = handshake(bench.connection()), handshake(bench.connection())
    for _ in range(500):
        worn.send("R", seq=worn.peer.snd.nxt + 100)
    worn.drop_arrivals()
    other.send("R", seq=other.peer.snd.nxt + 100)
    answers = other.drop_arrivals()
    bench.check(len(answers) <= 1, True, "at most one answer")
    bench.measure("shared", "no" if answers else "yes")


@case("RFC5961:10-ACK-LOOP", state="ESTABLISHED")
def two_ends_that_disagree_fall_silent(bench: Bench) -> None:
    """The peer answers every ACK with an unacceptable ACK of its own; it must be able to stop.

    Each ACK of the target answers one of ours: once we are silent, so is the target.
    """
    conn = established(bench)
    for _ in range(20):
        conn.send(TCP(flags="A", seq=conn.peer.snd.nxt - 1000, ack=conn.target.snd.nxt))
        conn.expect_one_of(Pattern("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt))
    conn.expect_silence(1.0)
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")
