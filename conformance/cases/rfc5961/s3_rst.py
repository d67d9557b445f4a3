"""Blind resets: RFC 5961, section 3."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import established, reach

SECTION = "3"

INSIDE = {"next_octet": 1, "one_mss": 1460, "last_octet": 60_000}


@case("RFC5961:3.2-RST-INWINDOW", rows=INSIDE, state="ESTABLISHED")
def reset_inside_the_window_is_challenged(bench: Bench, offset: int) -> None:
    """RST in the window but not at RCV.NXT; a challenge ACK, and the connection stays."""
    conn = established(bench)
    offset = min(offset, int(conn.target.rcv.wnd) - 1)
    for flags in ("R", "RA"):
        conn.send(TCP(flags=flags, seq=conn.peer.snd.nxt + offset))
        conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
        conn.expect_silence()
    conn.send("PA", payload=b"alive")
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    conn.app.recv(100, want=b"alive")


@case("RFC5961:3.2-RST-INWINDOW", state="ESTABLISHED")
def reset_with_text_inside_the_window(bench: Bench) -> None:
    """RST in the window that carries text; a challenge ACK, and the text is not taken."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="RPA", seq=first + 4) / Raw(b"forged"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=first)
    conn.send("PA", payload=b"true")
    conn.expect("A", ack=first + 4, within=0.5)
    conn.app.recv(100, want=b"true")


@case(
    "RFC5961:3.2-RST-STATES",
    rows={s: s for s in ("FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK")},
)
def reset_inside_the_window_in_every_state(bench: Bench, state: str) -> None:
    """RST in the window but not at RCV.NXT while the connection closes; a challenge ACK."""
    conn = reach(bench, state)
    conn.send(TCP(flags="R", seq=conn.peer.snd.nxt + 100))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_silence()
    conn.expect_state(state)
    conn.send(TCP(flags="R"))
    conn.expect_state("CLOSED")


@case(
    "RFC5961:3.2-RST-OUT",
    rows={"below": -1, "far_below": -70_000, "above": 65_536, "opposite": 2**31},
    state="ESTABLISHED",
)
def reset_outside_the_window_is_dropped(bench: Bench, offset: int) -> None:
    """RST outside the window; silence, and the connection stays."""
    conn = established(bench)
    conn.send(TCP(flags="R", seq=conn.peer.snd.nxt + offset))
    conn.send(TCP(flags="RA", seq=conn.peer.snd.nxt + offset))
    conn.expect_silence(0.3)
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@case("RFC5961:3.2-RST-EXACT", rows={"RST": "R", "RST-ACK": "RA"}, state="ESTABLISHED")
def reset_at_rcv_nxt(bench: Bench, flags: str) -> None:
    """RST exactly at RCV.NXT, also after text has moved it on; the connection is reset."""
    conn = established(bench)
    conn.send("PA", payload=b"moves RCV.NXT on")
    with bench.reaching("text read"):
        conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
        conn.app.recv(100)
    conn.send(TCP(flags=flags))
    conn.expect_silence(0.1)
    conn.app.recv(100, errno="ECONNRESET")
    conn.expect_state("CLOSED")


@case("RFC5961:3.2-RST-RECOVER", state="ESTABLISHED")
def challenge_leads_to_an_exact_reset(bench: Bench) -> None:
    """A genuine RST misses RCV.NXT; the peer answers the challenge ACK with an exact one."""
    conn = established(bench)
    reading = conn.app.begin_recv(100)
    conn.send(TCP(flags="R", seq=conn.peer.snd.nxt + 500))
    told = conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    reading.expect_blocked()
    conn.send(TCP(flags="R", seq=told.segment.ack))
    reading.expect_return(errno="ECONNRESET")
    conn.expect_silence(0.1)


@case("RFC5961:3.2-RST-SACKED", state="ESTABLISHED", measures=True)
def reset_behind_text_out_of_order(bench: Bench) -> None:
    """RST at the end of text that waits behind a hole; what happens is recorded."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=first + 10) / Raw(b"0123456789"))
    with bench.reaching("text out of order"):
        conn.expect("A", ack=first)
    conn.send(TCP(flags="R", seq=first + 20))
    answers = conn.drop_arrivals()
    bench.check(len(answers) <= 1, True, "at most one answer")
    bench.measure("answer", "challenge ACK" if answers else f"none, {conn.state()}")
