"""What a reset that arrives does: RFC 9293, sections 3.5.3 and 3.10.7.4 (second step)."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import is_reset, told
from tcpassay.conformance.reach import established, reach

SECTION = "3.5.3"

OPEN = ("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2")
ENDED = ("CLOSE-WAIT", "CLOSING", "LAST-ACK")


def is_gone(conn: Connection, requirement: str) -> None:
    """The target knows the connection no more: an ACK is answered by RST."""
    conn.expect_silence(0.1, requirement=requirement)
    conn.expect_state("CLOSED", requirement=requirement)
    conn.send("A")
    is_reset(conn, conn.peer.rcv.nxt, requirement=requirement)


@case(
    "RFC9293:3.5.3-RST-SEQ-CHECK",
    "RFC9293:3.10.7.4-SEQ-RST-SILENT",
    rows={state: state for state in OPEN},
)
def reset_outside_the_window_before_the_peers_fin(bench: Bench, state: str) -> None:
    """Resets left and right of the window; no answer, and the connection lives on."""
    conn = reach(bench, state)
    for offset in (-1, -1000, 65536, 2**31):
        conn.send(TCP(flags="R", seq=conn.peer.snd.nxt + offset))
        conn.send(TCP(flags="RA", seq=conn.peer.snd.nxt + offset))
    conn.expect_silence(0.1, repeats=True, requirement="3.10.7.4-SEQ-RST-SILENT")
    conn.expect_state(state)
    sent = conn.send("PA", payload=b"alive")
    conn.expect("A", ack=sent.seq + 5, within=0.5)
    conn.app.recv(100, want=b"alive")


@case(
    "RFC9293:3.5.3-RST-SEQ-CHECK",
    "RFC9293:3.10.7.4-SEQ-RST-SILENT",
    rows={state: state for state in (*ENDED, "TIME-WAIT")},
)
def reset_outside_the_window_after_the_peers_fin(bench: Bench, state: str) -> None:
    """Resets well outside the window once the peer has closed; no answer, the state stays."""
    conn = reach(bench, state)
    for offset in (-1000, 65536, 2**31):
        conn.send(TCP(flags="R", seq=conn.peer.snd.nxt + offset))
        conn.send(TCP(flags="RA", seq=conn.peer.snd.nxt + offset, ack=conn.target.snd.una))
    conn.expect_silence(0.1, repeats=True, requirement="3.10.7.4-SEQ-RST-SILENT")
    conn.expect_state(state)


@case("RFC9293:3.5.3-RST-SEQ-CHECK", rows={state: state for state in ENDED})
def reset_on_the_peers_fin(bench: Bench, state: str) -> None:
    """A reset numbered as the peer's own FIN, one left of RCV.NXT; it lies outside the window."""
    conn = reach(bench, state)
    conn.send(TCP(flags="R", seq=conn.peer.snd.nxt - 1))
    conn.expect_silence(0.1, repeats=True)
    conn.expect_state(state)


@case(
    "RFC9293:3.10.7.4-RST-ESTAB",
    "RFC9293:3.10.7.4-RST-FW1",
    "RFC9293:3.10.7.4-RST-FW2",
    rows={
        "ESTABLISHED": ("ESTABLISHED", "3.10.7.4-RST-ESTAB"),
        "FIN-WAIT-1": ("FIN-WAIT-1", "3.10.7.4-RST-FW1"),
        "FIN-WAIT-2": ("FIN-WAIT-2", "3.10.7.4-RST-FW2"),
    },
)
def reset_before_the_peers_fin(bench: Bench, row: tuple[str, str]) -> None:
    """RST at RCV.NXT while a recv() waits; it returns ECONNRESET and the connection is gone."""
    state, requirement = row
    conn = reach(bench, state)
    reading = conn.app.begin_recv(100)
    conn.send(TCP(flags="R"))
    reading.expect_return(errno="ECONNRESET", requirement=requirement)
    is_gone(conn, requirement)


@case("RFC9293:3.10.7.4-RST-CW", state="CLOSE-WAIT")
def reset_in_close_wait(bench: Bench) -> None:
    """RST at RCV.NXT in CLOSE-WAIT; the connection is gone and the user is told."""
    conn = reach(bench, "CLOSE-WAIT")
    conn.send(TCP(flags="R"))
    conn.expect_state("CLOSED")
    conn.app.send(b"to nobody", "MSG_NOSIGNAL", errno=("ECONNRESET", "EPIPE"))
    is_gone(conn, "3.10.7.4-RST-CW")


@case(
    "RFC9293:3.10.7.4-RST-CLOSING",
    "RFC9293:3.10.7.4-RST-LAST-ACK",
    rows={
        "CLOSING": ("CLOSING", "3.10.7.4-RST-CLOSING"),
        "LAST-ACK": ("LAST-ACK", "3.10.7.4-RST-LAST-ACK"),
    },
)
def reset_when_both_have_closed(bench: Bench, row: tuple[str, str]) -> None:
    """RST at RCV.NXT after both FINs; CLOSED, and the FIN is not sent again."""
    state, requirement = row
    conn = reach(bench, state)
    conn.send(TCP(flags="RA", ack=conn.target.snd.una))
    conn.expect_silence(1.3, requirement=requirement)
    is_gone(conn, requirement)


@case("RFC9293:SHLD-2", rows={"text": b"why", "one_mss": b"y" * 1460}, state="ESTABLISHED")
def reset_with_text(bench: Bench, text: bytes) -> None:
    """RST at RCV.NXT that carries text; it resets all the same."""
    conn = established(bench)
    reading = conn.app.begin_recv(2000)
    conn.send(TCP(flags="RA") / Raw(text))
    reading.expect_return(errno="ECONNRESET")
    is_gone(conn, "SHLD-2")


@case("RFC9293:3.10.7.4-RST-FLUSH-OOO", state="ESTABLISHED")
def reset_throws_away_text_out_of_order(bench: Bench) -> None:
    """Text waits behind a hole when the RST comes; the reader gets the error, never the text."""
    conn = established(bench)
    conn.send(TCP(flags="PA", seq=conn.peer.snd.nxt + 10) / Raw(b"behind a hole"))
    with bench.reaching("text out of order"):
        conn.expect("A", ack=conn.peer.snd.nxt)
    conn.send(TCP(flags="R"))
    conn.app.recv(100, errno="ECONNRESET")
    again = conn.app.begin_recv(100)
    if told(again) in {"ECONNRESET", "ENOTCONN"}:
        return
    again.expect_return(octets=b"")


@case("RFC9293:3.10.7.4-RST-INORDER-DATA", state="ESTABLISHED", measures=True)
def reset_behind_unread_text(bench: Bench) -> None:
    """Acknowledged text is unread when the RST comes; whether it can still be read is recorded."""
    conn = established(bench)
    conn.send("PA", payload=b"unread")
    with bench.reaching("text acknowledged"):
        conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    conn.send(TCP(flags="R"))
    returned = conn.app.begin_recv(100)
    bench.wait_until(lambda: returned.returned is not None, 1.0)
    got = returned.returned
    bench.check(got is not None, True, "recv() returned")
    bench.measure("recv() after RST", (got and (got.errno or "text")) or "nothing")


@case("RFC9293:3.10.7.4-ORDER-RST-FIRST", state="ESTABLISHED")
def reset_counts_before_syn_and_ack(bench: Bench) -> None:
    """RST at RCV.NXT with SYN, FIN and an ACK of text never sent; it resets, without an answer."""
    conn = established(bench)
    reading = conn.app.begin_recv(100)
    conn.send(TCP(flags="RSFA", ack=conn.target.snd.nxt + 100_000))
    conn.expect_silence(0.1)
    reading.expect_return(errno="ECONNRESET")
    is_gone(conn, "3.10.7.4-ORDER-RST-FIRST")


@case("RFC9293:3.10.7.4-ORDER-RST-FIRST", state="ESTABLISHED")
def sequence_counts_before_reset(bench: Bench) -> None:
    """RST far outside the window with SYN set; neither is looked at, and nothing is sent."""
    conn = established(bench)
    conn.send(TCP(flags="RS", seq=conn.peer.snd.nxt + 2**31))
    conn.expect_silence(0.1)
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")
