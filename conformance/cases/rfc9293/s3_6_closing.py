"""Ways to close a connection: RFC 9293, section 3.6."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Between, Pattern
from tcpassay.conformance.probes import close_window, told
from tcpassay.conformance.reach import (
    app_closes,
    established,
    handshake,
    listener,
    peer_acks,
    peer_closes,
    reach,
)
from tcpassay.wire import RST

SECTION = "3.6"


@case(
    "RFC9293:3.10.7.4-FIN-FW1-UNACKED",
    "RFC9293:3.10.7.4-ACK-CLOSING-FIN",
    rows={"listen": "listen", "connect": "connect"},
    state="FIN-WAIT-1",
)
def simultaneous_close(bench: Bench, way: str) -> None:
    """Both FINs cross; the target goes FIN-WAIT-1, CLOSING, TIME-WAIT (figure 13)."""
    conn = established(bench, "connect" if way == "connect" else "listen")
    app_closes(conn)
    conn.expect_state("FIN-WAIT-1")
    conn.send(TCP(flags="FA", ack=conn.target.snd.una))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("CLOSING")
    conn.send("A")
    conn.expect_silence(requirement="3.10.7.4-ACK-CLOSING-FIN")
    conn.expect_state("TIME-WAIT", requirement="3.10.7.4-ACK-CLOSING-FIN")
    conn.app.recv(10, want=b"")


@case("RFC9293:3.10.7.4-FIN-FW1-ACKED", state="FIN-WAIT-1")
def fin_that_acknowledges_our_fin(bench: Bench) -> None:
    """In FIN-WAIT-1 a FIN that acknowledges ours; one ACK, and straight to TIME-WAIT."""
    conn = established(bench)
    app_closes(conn)
    conn.send(TCP(flags="FA"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("TIME-WAIT")
    conn.expect_silence(0.3)


@case("RFC9293:3.10.7.4-FIN-FW1-ACKED", "RFC9293:3.10.7.4-TEXT-FW1", state="FIN-WAIT-1")
def fin_with_text_and_ack_of_our_fin(bench: Bench) -> None:
    """In FIN-WAIT-1 the peer's last text, its FIN and the ACK of ours come as one segment."""
    conn = established(bench)
    app_closes(conn)
    conn.send(TCP(flags="FPA") / Raw(b"last words"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("TIME-WAIT")
    conn.app.recv(100, want=b"last words", requirement="3.10.7.4-TEXT-FW1")
    conn.app.recv(100, want=b"", requirement="3.10.7.4-TEXT-FW1")


@case("RFC9293:3.10.7.4-FIN-ESTAB-DATA", "RFC9293:3.4-SYN-FIN-SPACE", state="ESTABLISHED")
def text_and_fin_in_one_segment(bench: Bench) -> None:
    """Text and FIN in one segment; both are acknowledged, the text is read, then end-of-file."""
    conn = established(bench)
    sent = conn.send(TCP(flags="FPA") / Raw(b"goodbye"))
    conn.expect("A", ack=sent.seq + 8, within=0.5, requirement="3.4-SYN-FIN-SPACE")
    conn.expect_state("CLOSE-WAIT")
    conn.app.recv(100, want=b"goodbye")
    conn.app.recv(100, want=b"")


@case("RFC9293:3.10.7.4-FIN-OOO", "RFC5681:3.2-DUPACK-RX", state="ESTABLISHED")
def fin_behind_a_hole(bench: Bench) -> None:
    """A FIN arrives while text before it is missing; it takes effect when the hole is filled."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="FPA", seq=first + 4) / Raw(b"tail"))
    conn.expect("A", ack=first, requirement="3.2-DUPACK-RX")
    conn.expect_state("ESTABLISHED")
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()
    conn.send(TCP(flags="PA", seq=first) / Raw(b"head"))
    conn.expect("A", ack=first + 9)
    conn.expect_state("CLOSE-WAIT")
    reading.expect_return(octets=b"headtail")
    conn.app.recv(100, want=b"")


@case("RFC9293:3.6.1-HALF-CLOSE", "RFC9293:3.10.3-RECV-FW", state="FIN-WAIT-2")
def target_half_closes_and_goes_on_reading(bench: Bench) -> None:
    """The target has shut its direction; the peer's text is acknowledged and read until its FIN."""
    conn = established(bench)
    app_closes(conn)
    peer_acks(conn)
    for word in (b"one", b"two", b"three"):
        conn.send("PA", payload=word)
        conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, within=0.5)
        conn.app.recv(100, want=word, requirement="3.10.3-RECV-FW")
    conn.expect_state("FIN-WAIT-2")
    conn.send("FA")
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.app.recv(100, want=b"", requirement="3.10.3-RECV-FW")


@case(
    "RFC9293:3.6.1-HALF-CLOSE",
    "RFC9293:3.10.2-SEND-CLOSEWAIT",
    "RFC9293:3.10.4-CLOSE-CLOSEWAIT",
    state="CLOSE-WAIT",
)
def peer_half_closes_and_goes_on_reading(bench: Bench) -> None:
    """The peer has sent FIN; the target's text still comes, then its FIN behind the text."""
    conn = established(bench)
    peer_closes(conn)
    for word in (b"one", b"two", b"three"):
        conn.app.send(word, requirement="3.10.2-SEND-CLOSEWAIT")
        conn.expect(
            "A",
            seq=conn.target.snd.nxt,
            ack=conn.peer.snd.nxt,
            payload=word,
            requirement="3.10.2-SEND-CLOSEWAIT",
        )
        conn.send("A")
    conn.expect_state("CLOSE-WAIT")
    conn.app.send(b"end")
    conn.app.close()
    _, last = conn.expect_one_of(
        Pattern("A", payload=b"end"),
        Pattern("FA", payload=b"end"),
        requirement="3.10.4-CLOSE-CLOSEWAIT",
    )
    if not last.scapy()["TCP"].flags.F:
        conn.expect("FA", seq=conn.target.snd.nxt, requirement="3.10.4-CLOSE-CLOSEWAIT")
    conn.expect_state("LAST-ACK", requirement="3.10.4-CLOSE-CLOSEWAIT")
    conn.send("A")
    conn.expect_state("CLOSED", requirement="3.10.4-CLOSE-CLOSEWAIT")


@case(
    "RFC9293:3.9.1.4-CLOSE-FLUSH",
    "RFC9293:3.10.4-CLOSE-ESTAB",
    rows={"close": "close", "shutdown": "shutdown"},
    state="FIN-WAIT-1",
)
def close_sends_what_is_queued_first(bench: Bench, how: str) -> None:
    """close() while text waits for the window; all of the text goes out before the FIN."""
    with bench.reaching("ESTABLISHED with a small window"):
        sock = listener(bench)
        conn = bench.connection()
        conn.window = 400
        handshake(conn)
        conn.app = sock.accept()
    text = bytes(range(100)) * 10
    first = conn.target.snd.nxt
    conn.app.send(text)
    conn.app.close() if how == "close" else conn.app.shutdown()
    conn.expect_state("FIN-WAIT-1", requirement="3.10.4-CLOSE-ESTAB")
    got = b""
    while len(got) < len(text):
        _, arrival = conn.expect_one_of(
            *(Pattern("A", seq=first + len(got), payload=text[len(got) :][:n]) for n in (200, 400)),
            Pattern("FA", seq=first + 800, payload=text[800:]),
        )
        got += arrival.segment.payload
        conn.send("A")
    if conn.target.snd.nxt == first + len(text):
        conn.expect(
            "FA", seq=first + len(text), ack=conn.peer.snd.nxt, requirement="3.10.4-CLOSE-ESTAB"
        )
        conn.send("A")
    conn.expect_state("FIN-WAIT-2")


@case("RFC9293:3.10.8-RETRANS-FIN", rows={s: s for s in ("FIN-WAIT-1", "CLOSING", "LAST-ACK")})
def fin_is_sent_again(bench: Bench, state: str) -> None:
    """Nobody acknowledges the target's FIN; it comes again with the same number, and again."""
    conn = reach(bench, state)
    fin = conn.target.snd.nxt - 1
    again = conn.expect("FA", seq=fin, ack=conn.peer.snd.nxt, within=3.5)
    conn.expect("FA", seq=fin, ack=conn.peer.snd.nxt, since=again, within=7.0)
    conn.expect_state(state)


@case("RFC9293:3.10.7.4-SEQ-DUP-FIN-ACK", "RFC9293:3.10.7.4-FIN-CW", state="CLOSE-WAIT")
def fin_comes_again_in_close_wait(bench: Bench) -> None:
    """The ACK of the peer's FIN was lost and the FIN comes again; it is acknowledged again."""
    conn = established(bench)
    fin = conn.send("FA")
    conn.expect("A", ack=fin.seq + 1)
    for _ in range(2):
        conn.send(TCP(flags="FA", seq=fin.seq))
        conn.expect("A", seq=conn.target.snd.nxt, ack=fin.seq + 1)
    conn.expect_state("CLOSE-WAIT", requirement="3.10.7.4-FIN-CW")
    conn.app.send(b"still here", requirement="3.10.7.4-FIN-CW")
    conn.expect("A", payload=b"still here", requirement="3.10.7.4-FIN-CW")


@case("RFC9293:SHLD-3", state="ESTABLISHED")
def close_with_unread_text_resets(bench: Bench) -> None:
    """close() with received text unread; the target sends RST at SND.NXT instead of a FIN."""
    conn = established(bench)
    conn.send("PA", payload=b"never read")
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    conn.app.close()
    conn.expect_one_of(
        Pattern("R", seq=conn.target.snd.nxt),
        Pattern("RA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt),
    )
    conn.expect_silence(0.3)
    conn.expect_state("CLOSED")


@case("RFC9293:SHLD-3", rows={"FIN-WAIT-1": "FIN-WAIT-1", "FIN-WAIT-2": "FIN-WAIT-2"})
def text_after_close_resets(bench: Bench, state: str) -> None:
    """After close() nobody can read; text from the peer is answered by RST."""
    conn = reach(bench, state, how="close")
    ack = conn.target.snd.una if state == "FIN-WAIT-1" else conn.target.snd.nxt
    conn.send(TCP(flags="PA", ack=ack) / Raw(b"too late"))
    # SEQ is SND.NXT for an abort (3.10.5), SEG.ACK for an answer (3.5.2); both are believed.
    number = Between(ack, conn.target.snd.nxt)
    conn.expect_one_of(Pattern("R", seq=number), Pattern("RA", seq=number))
    conn.expect_silence(0.3)
    conn.expect_state("CLOSED")


@case("RFC1122:4.2.2.13-HALFCLOSE", "RFC9293:MAY-1", state="FIN-WAIT-2", measures=True)
def close_of_one_direction_or_both(bench: Bench) -> None:
    """close(), and the peer goes on sending; which directions it has closed is recorded.

    A reset tells of both ("half-duplex" in the words of RFC 1122), an ACK of one.
    """
    conn = reach(bench, "FIN-WAIT-2", how="close")
    conn.send("PA", payload=b"still talking")
    bench.wait(0.3)
    flags = [arrival.segment.flags for arrival in conn.drop_arrivals()]
    bench.check(len(flags) <= 1, True, "at most one answer")
    both = any(value & RST for value in flags)
    conn.app.recv(10, errno="EBADF", requirement="RFC9293:MAY-1")
    bench.measure("close() ends", "both directions" if both else "one direction")


@case("RFC9293:MUST-12", state="ESTABLISHED")
def close_and_abort_look_different(bench: Bench) -> None:
    """One connection ends by FIN, one by RST; recv() tells end-of-file from an error."""
    sock = listener(bench)
    closed, aborted = handshake(bench.connection()), handshake(bench.connection())
    with bench.reaching("two accepted connections"):
        closed.app, aborted.app = sock.accept(), sock.accept()
    reading, failing = closed.app.begin_recv(10), aborted.app.begin_recv(10)
    closed.send("FA")
    aborted.send("RA")
    reading.expect_return(0, octets=b"")
    failing.expect_return(errno="ECONNRESET")


@case(
    "RFC9293:3.10.4-CLOSE-FW-NO2FIN",
    rows={"FIN-WAIT-1": "FIN-WAIT-1", "FIN-WAIT-2": "FIN-WAIT-2"},
)
def closing_twice_makes_one_fin(bench: Bench, state: str) -> None:
    """shutdown() and then close() in FIN-WAIT-1 and FIN-WAIT-2; no second, new FIN goes out."""
    conn = reach(bench, state)
    end = conn.target.snd.nxt
    told(conn.app.begin("shutdown", ("name", "SHUT_WR")))  # 3.10.4 permits an error, and success
    conn.app.close()
    conn.expect_silence(0.4, repeats=True)
    bench.check(int(conn.target.snd.nxt), int(end), "SND.NXT")


@case("RFC9293:3.10.4-CLOSE-ZEROWND", state="FIN-WAIT-1")
def close_behind_a_closed_window(bench: Bench) -> None:
    """close() with text behind a zero window; text and FIN wait and follow when it opens."""
    conn = established(bench)
    close_window(conn)
    first = conn.target.snd.nxt
    conn.app.send(b"patience")
    conn.app.shutdown()
    conn.expect_one_of(
        Pattern("A", seq=first - 1),
        Pattern("A", seq=first - 1, payload=1),
        Pattern("A", seq=first, payload=b"p"),
        within=3.0,
    )
    conn.window = 65535
    conn.send("A", ack=first)
    _, arrival = conn.expect_one_of(
        Pattern("FA", seq=first, payload=b"patience"), Pattern("A", seq=first, payload=b"patience")
    )
    if not arrival.scapy()["TCP"].flags.F:
        conn.expect("FA", seq=first + 8)
    conn.send("A")
    conn.expect_state("FIN-WAIT-2")
