"""Sequence, SYN and ACK checks in every synchronized state: RFC 9293, section 3.10.7.4."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import refuses_text
from tcpassay.conformance.reach import established, reach

SECTION = "3.10.7.4"

Row = tuple[str, str]


def rows(step: str, **states: str) -> dict[str, Row]:
    """A row a state: its name, and the id that this step has for it."""
    names = {name.replace("_", "-"): word for name, word in states.items()}
    return {name: (name, f"3.10.7.4-{step}-{word}") for name, word in names.items()}


def acknowledgement(conn: Connection) -> int:
    """What the peer acknowledges without moving the target's state on: SND.UNA, as it is."""
    return int(conn.target.snd.una)


def unacceptable(bench: Bench, row: Row) -> None:
    """Segments left and right of the window: each draws <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>."""
    state, requirement = row
    conn = reach(bench, state)
    ack = acknowledgement(conn)
    for offset, text in ((-1000, b"old" * 10), (-1, b""), (70000, b"far"), (70000, b"")):
        conn.send(TCP(flags="A", seq=conn.peer.snd.nxt + offset, ack=ack) / Raw(text))
        conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, requirement=requirement)
        conn.expect_silence(requirement=requirement)
    conn.expect_state(state, requirement=requirement)


@case(
    "RFC9293:3.10.7.4-SEQ-ESTAB",
    "RFC9293:3.10.7.4-SEQ-FW1",
    "RFC9293:3.10.7.4-SEQ-FW2",
    rows=rows("SEQ", ESTABLISHED="ESTAB", FIN_WAIT_1="FW1", FIN_WAIT_2="FW2"),
)
def outside_the_window_before_the_peers_fin(bench: Bench, row: Row) -> None:
    """Segments outside the window, empty and with text; an empty ACK with the current numbers."""
    unacceptable(bench, row)


@case(
    "RFC9293:3.10.7.4-SEQ-CW",
    "RFC9293:3.10.7.4-SEQ-CLOSING",
    "RFC9293:3.10.7.4-SEQ-LAST-ACK",
    rows=rows("SEQ", CLOSE_WAIT="CW", CLOSING="CLOSING", LAST_ACK="LAST-ACK"),
)
def outside_the_window_after_the_peers_fin(bench: Bench, row: Row) -> None:
    """Segments outside the window once the peer has closed; an empty ACK each time."""
    unacceptable(bench, row)


@case("RFC9293:3.10.7.4-SEQ-TW", state="TIME-WAIT")
def outside_the_window_in_time_wait(bench: Bench) -> None:
    """Segments outside the window in TIME-WAIT; an empty ACK each time."""
    unacceptable(bench, ("TIME-WAIT", "3.10.7.4-SEQ-TW"))


def without_ack(bench: Bench, row: Row) -> None:
    """Text, a FIN and nothing at all, none with the ACK bit: dropped in silence."""
    state, requirement = row
    conn = reach(bench, state)
    before = conn.peer.snd.nxt
    for packet in (TCP(flags="P") / Raw(b"text"), TCP(flags="F"), TCP(flags=0)):
        conn.send(packet)
        conn.peer.snd.nxt = before
    conn.expect_silence(0.1, repeats=True, requirement=requirement)
    conn.expect_state(state, requirement=requirement)


@case(
    "RFC9293:3.10.7.4-NOACK-ESTAB",
    "RFC9293:3.10.7.4-NOACK-FW1",
    "RFC9293:3.10.7.4-NOACK-FW2",
    rows=rows("NOACK", ESTABLISHED="ESTAB", FIN_WAIT_1="FW1", FIN_WAIT_2="FW2"),
)
def no_ack_bit_before_the_peers_fin(bench: Bench, row: Row) -> None:
    """Segments at RCV.NXT without the ACK bit; dropped, their FIN and text included."""
    without_ack(bench, row)


@case(
    "RFC9293:3.10.7.4-NOACK-CW",
    "RFC9293:3.10.7.4-NOACK-CLOSING",
    "RFC9293:3.10.7.4-NOACK-LAST-ACK",
    rows=rows("NOACK", CLOSE_WAIT="CW", CLOSING="CLOSING", LAST_ACK="LAST-ACK"),
)
def no_ack_bit_after_the_peers_fin(bench: Bench, row: Row) -> None:
    """Segments without the ACK bit once the peer has closed; dropped."""
    without_ack(bench, row)


@case("RFC9293:3.10.7.4-NOACK-TW", state="TIME-WAIT")
def no_ack_bit_in_time_wait(bench: Bench) -> None:
    """Segments without the ACK bit in TIME-WAIT; dropped."""
    without_ack(bench, ("TIME-WAIT", "3.10.7.4-NOACK-TW"))


def acks_the_unsent(bench: Bench, row: Row) -> None:
    """An ACK beyond SND.NXT, empty and with text: an ACK comes back, the text is not taken."""
    state, requirement = row
    conn = reach(bench, state)
    for beyond, text in ((1, b""), (1, b"ignored"), (100_000, b"")):
        sent = TCP(flags="A", seq=conn.peer.snd.nxt, ack=conn.target.snd.nxt + beyond)
        conn.send(sent / Raw(text))
        conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, requirement=requirement)
    conn.expect_state(state, requirement=requirement)


@case("RFC9293:3.10.7.4-ACK-FUTURE-ESTAB", state="ESTABLISHED")
def ack_of_the_unsent_in_established(bench: Bench) -> None:
    """An ACK of what was never sent, in ESTABLISHED; an ACK comes back, the text is dropped."""
    acks_the_unsent(bench, ("ESTABLISHED", "3.10.7.4-ACK-FUTURE-ESTAB"))


@case("RFC9293:3.10.7.4-ACK-FUTURE-ESTAB", state="ESTABLISHED")
def text_with_an_ack_of_the_unsent(bench: Bench) -> None:
    """Text whose ACK number lies beyond SND.NXT; the text is not taken, and comes again later."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    ack = conn.target.snd.nxt + 1000
    refuses_text(conn, TCP(flags="PA", seq=first, ack=ack) / Raw(b"forged"))


@case(
    "RFC9293:3.10.7.4-ACK-FUTURE-FW1",
    "RFC9293:3.10.7.4-ACK-FUTURE-FW2",
    rows=rows("ACK-FUTURE", FIN_WAIT_1="FW1", FIN_WAIT_2="FW2"),
)
def ack_of_the_unsent_after_our_fin(bench: Bench, row: Row) -> None:
    """An ACK beyond the target's FIN; an ACK comes back and the state stays."""
    acks_the_unsent(bench, row)


@case(
    "RFC9293:3.10.7.4-ACK-FUTURE-CW",
    "RFC9293:3.10.7.4-ACK-FUTURE-CLOSING",
    rows=rows("ACK-FUTURE", CLOSE_WAIT="CW", CLOSING="CLOSING"),
)
def ack_of_the_unsent_after_the_peers_fin(bench: Bench, row: Row) -> None:
    """An ACK of what was never sent, the peer having closed; an ACK comes back, the state stays."""
    acks_the_unsent(bench, row)


@case("RFC9293:3.10.7.4-ACK-OLD", state="ESTABLISHED")
def text_with_an_old_ack(bench: Bench) -> None:
    """Text whose ACK number has been passed already; the ACK is ignored, the text is taken."""
    conn = established(bench)
    old = conn.target.snd.nxt
    conn.app.send(b"ten octets")
    with bench.reaching("text sent"):
        conn.expect("A", payload=b"ten octets")
        conn.send("A")
    conn.send(TCP(flags="PA", ack=old) / Raw(b"late ack"))
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    conn.app.recv(100, want=b"late ack")
    conn.expect_silence(0.5)


@case("RFC9293:3.4-ACK-SANE", state="ESTABLISHED")
def acknowledgements_never_move_back(bench: Bench) -> None:
    """Old, early and stray segments in a row; every ACK covers exactly what came in order."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send("PA", payload=b"0123456789")
    with bench.reaching("ten octets acknowledged"):
        conn.expect("A", ack=first + 10, within=0.5)
    for offset, text in ((5, b"56"), (0, b"01"), (20, b"later"), (-5, b"old"), (15, b"x")):
        conn.send(TCP(flags="A", seq=first + offset) / Raw(text))
        conn.expect("A", ack=first + 10)
    conn.send("PA", payload=b"ABCDE")
    conn.expect("A", ack=first + 16)
    conn.app.recv(100, want=b"0123456789ABCDEx")
