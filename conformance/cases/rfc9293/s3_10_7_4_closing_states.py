"""Text, ACKs and FINs in the closing states: RFC 9293, section 3.10.7.4 (fifth to eighth step)."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.probes import is_reset
from tcpassay.conformance.reach import established, peer_acks, reach

SECTION = "3.10.7.4"

Row = tuple[str, str]


@case(
    "RFC9293:3.10.7.4-TEXT-FW1",
    "RFC9293:3.10.7.4-TEXT-FW2",
    rows={
        "FIN-WAIT-1": ("FIN-WAIT-1", "3.10.7.4-TEXT-FW1"),
        "FIN-WAIT-2": ("FIN-WAIT-2", "3.10.7.4-TEXT-FW2"),
    },
)
def text_after_our_fin(bench: Bench, row: Row) -> None:
    """The target has shut its direction; text, also behind a hole, is acknowledged and read."""
    state, requirement = row
    conn = reach(bench, state)
    ack = conn.target.snd.una
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=first + 5, ack=ack) / Raw(b"world"))
    conn.expect("A", ack=first, requirement=requirement)
    conn.send(TCP(flags="PA", seq=first, ack=ack) / Raw(b"hello"))
    conn.expect("A", ack=first + 10, within=0.5, requirement=requirement)
    conn.app.recv(100, want=b"helloworld", requirement=requirement)
    conn.expect_state(state, requirement=requirement)


@case(
    "RFC9293:3.10.7.4-ACK-FW1-DATAONLY",
    "RFC9293:3.10.7.4-ACK-FW1-FIN",
    settings=("rto_min_1s",),
    state="FIN-WAIT-1",
)
def ack_of_text_then_of_the_fin(bench: Bench) -> None:
    """In FIN-WAIT-1 the peer acknowledges text only, then the FIN; the state follows the FIN."""
    conn = established(bench)
    conn.app.send(b"text")
    with bench.reaching("FIN-WAIT-1 with text in flight"):
        conn.expect("A", payload=b"text")
        conn.app.shutdown()
        conn.expect("FA", seq=conn.target.snd.nxt)
    conn.send(TCP(flags="A", ack=conn.target.snd.nxt - 1))
    conn.expect_silence()
    conn.expect_state("FIN-WAIT-1")
    conn.send("A")
    conn.expect_silence(0.3, requirement="3.10.7.4-ACK-FW1-FIN")
    conn.expect_state("FIN-WAIT-2", requirement="3.10.7.4-ACK-FW1-FIN")


@case("RFC9293:3.10.7.4-ACK-FW2-OPEN", state="FIN-WAIT-2", real_s=75.0)
def fin_wait_2_lasts(bench: Bench) -> None:
    """The peer keeps its direction open for more than a minute; the target goes on reading."""
    conn = reach(bench, "FIN-WAIT-2")
    bench.wait(70.0)
    conn.expect_state("FIN-WAIT-2")
    conn.send("PA", payload=b"at last")
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    conn.app.recv(100, want=b"at last")


@case(
    "RFC9293:3.10.7.4-ACK-CLOSING-OTHER",
    "RFC9293:3.10.7.4-ACK-LASTACK-OTHER",
    rows={
        "CLOSING": ("CLOSING", "3.10.7.4-ACK-CLOSING-OTHER"),
        "LAST-ACK": ("LAST-ACK", "3.10.7.4-ACK-LASTACK-OTHER"),
    },
)
def ack_that_is_not_of_our_fin(bench: Bench, row: Row) -> None:
    """In CLOSING and LAST-ACK an ACK that stops short of the FIN; the state stays."""
    state, requirement = row
    conn = reach(bench, state)
    conn.send(TCP(flags="A", ack=conn.target.snd.una))
    conn.expect_silence(repeats=True, requirement=requirement)
    conn.expect_state(state, requirement=requirement)


@case("RFC9293:3.10.7.4-ACK-LASTACK-FIN", state="LAST-ACK")
def ack_of_our_fin_in_last_ack(bench: Bench) -> None:
    """In LAST-ACK the ACK of the FIN; the connection ends at once and the FIN is not repeated."""
    conn = reach(bench, "LAST-ACK")
    peer_acks(conn)
    conn.expect_silence(1.3)
    conn.expect_state("CLOSED")
    conn.send("FA", seq=conn.peer.snd.nxt - 1)
    is_reset(conn, conn.peer.rcv.nxt)


BEYOND = {
    "CLOSE-WAIT": ("CLOSE-WAIT", "3.10.7.4-TEXT-CW"),
    "CLOSING": ("CLOSING", "3.10.7.4-TEXT-CLOSING"),
    "LAST-ACK": ("LAST-ACK", "3.10.7.4-TEXT-LAST-ACK"),
}


@case(
    "RFC9293:3.10.7.4-TEXT-CW",
    "RFC9293:3.10.7.4-TEXT-CLOSING",
    "RFC9293:3.10.7.4-TEXT-LAST-ACK",
    rows=BEYOND,
)
def text_beyond_the_peers_fin(bench: Bench, row: Row) -> None:
    """Text numbered beyond the peer's FIN; never acknowledged, never read, the state stays."""
    state, requirement = row
    conn = reach(bench, state)
    end = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=end, ack=conn.target.snd.una) / Raw(b"beyond the end"))
    for arrival in conn.drop_arrivals():
        bench.check(arrival.segment.ack, int(end), "ACK", requirement=requirement)
    conn.app.recv(100, want=b"", requirement=requirement)
    conn.expect_state(state, requirement=requirement)


@case("RFC9293:3.10.7.4-TEXT-TW", state="TIME-WAIT")
def text_in_time_wait(bench: Bench) -> None:
    """Text numbered beyond the peer's FIN in TIME-WAIT; never acknowledged, never read."""
    conn = reach(bench, "TIME-WAIT")
    end = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=end) / Raw(b"beyond the end"))
    for arrival in conn.drop_arrivals():
        bench.check(arrival.segment.ack, int(end), "ACK")
    conn.app.recv(100, want=b"")
    conn.expect_state("TIME-WAIT")


@case("RFC9293:3.10.7.4-FIN-THEN-DATA", "RFC9293:3.10.7.4-FIN-CW", state="CLOSE-WAIT")
def text_and_a_second_fin_beyond_the_first(bench: Bench) -> None:
    """After its FIN the peer sends more text and another FIN; the reader sees the first end."""
    conn = established(bench)
    conn.send("PA", payload=b"all there is")
    conn.send("FA")
    with bench.reaching("CLOSE-WAIT"):
        conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    end = conn.peer.snd.nxt
    conn.send(TCP(flags="FPA", seq=end) / Raw(b" or not"))
    for arrival in conn.drop_arrivals():
        bench.check(arrival.segment.ack, int(end), "ACK")
    conn.app.recv(100, want=b"all there is")
    conn.app.recv(100, want=b"")
    conn.expect_state("CLOSE-WAIT", requirement="3.10.7.4-FIN-CW")


@case("RFC9293:3.10.7.4-FIN-THEN-DATA", state="ESTABLISHED")
def text_beyond_a_fin_that_waits_behind_a_hole(bench: Bench) -> None:
    """A FIN waits behind a hole and text beyond it comes too; the stream ends at the FIN."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="FPA", seq=first + 4) / Raw(b"tail"))
    conn.send(TCP(flags="PA", seq=first + 9) / Raw(b"beyond"))
    conn.drop_arrivals()
    conn.send(TCP(flags="PA", seq=first) / Raw(b"head"))
    conn.expect("A", ack=first + 9)
    conn.app.recv(100, want=b"headtail")
    conn.app.recv(100, want=b"")
    conn.expect_state("CLOSE-WAIT")


@case(
    "RFC9293:3.10.7.4-FIN-CLOSING",
    "RFC9293:3.10.7.4-FIN-LAST-ACK",
    rows={
        "CLOSING": ("CLOSING", "3.10.7.4-FIN-CLOSING"),
        "LAST-ACK": ("LAST-ACK", "3.10.7.4-FIN-LAST-ACK"),
    },
)
def fin_comes_again(bench: Bench, row: Row) -> None:
    """The peer's FIN comes again in CLOSING and LAST-ACK; it is acknowledged, the state stays."""
    state, requirement = row
    conn = reach(bench, state)
    end = conn.peer.snd.nxt
    conn.send(TCP(flags="FA", seq=end - 1, ack=conn.target.snd.una))
    conn.expect("A", seq=conn.target.snd.nxt, ack=end, requirement=requirement)
    conn.expect_state(state, requirement=requirement)
