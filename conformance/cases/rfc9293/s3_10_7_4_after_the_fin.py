"""Text after the peer's FIN, wherever it is numbered: RFC 9293, section 3.10.7.4.

Text that begins at RCV.NXT, right behind the FIN, is judged in `s3_10_7_4_closing_states`.
"""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import app_closes, established, peer_acks, peer_closes

SECTION = "3.10.7.4"
SAID = b"all there is"


def crossing(conn: Connection) -> None:
    """The peer's FIN crosses the target's: CLOSING."""
    conn.send("FA", ack=conn.target.snd.una)
    conn.expect("A", ack=conn.peer.snd.nxt)


#: What leads from an open connection to each state in which the peer's FIN has been taken.
WAYS = {
    "CLOSE-WAIT": (peer_closes,),
    "LAST-ACK": (peer_closes, app_closes),
    "CLOSING": (app_closes, crossing),
    "TIME-WAIT": (app_closes, peer_acks, peer_closes),
}


def ended(bench: Bench, state: str) -> Connection:
    """A connection in `state` whose peer has said SAID, then FIN; nobody has read it yet."""
    with bench.reaching(state):
        conn = established(bench)
        conn.send("PA", payload=SAID)
        conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
        for step in WAYS[state]:
            step(conn)
    return conn


def reads_what_was_said(conn: Connection, state: str, requirement: str) -> None:
    """No answer acknowledges more than the FIN; SAID is read once, then the end; `state` stays."""
    end = int(conn.peer.snd.nxt)
    for arrival in conn.drop_arrivals():
        acknowledged = arrival.segment.ack
        conn.bench.check(acknowledged, end, "ACK", requirement=requirement)
    conn.app.recv(100, want=SAID, requirement=requirement)
    conn.app.recv(100, want=b"", requirement=requirement)
    conn.expect_state(state, requirement=requirement)


#: Each first octet counts from RCV.NXT. The FIN is at -1, SAID before it.
OLD = (-1 - len(SAID), b"ALL THERE IS")
OVERLAPPING = (-5, b"e is, or is it not?")
BEYOND = (100, b"far beyond the end")
ON_THE_FIN = (-1, b"?")
PLACES = {
    "old": OLD,
    "overlapping_the_fin": OVERLAPPING,
    "in_place_of_the_fin": ON_THE_FIN,
    "beyond": BEYOND,
}


def rows(*states: str) -> dict[str, tuple[str, str, tuple[int, bytes]]]:
    """A row a state and place, with the id that the state has for its text."""
    words = {"CLOSE-WAIT": "CW", "TIME-WAIT": "TW"}
    return {
        f"{state}-{place}": (state, f"3.10.7.4-TEXT-{words.get(state, state)}", text)
        for state in states
        for place, text in PLACES.items()
    }


def arrives(bench: Bench, row: tuple[str, str, tuple[int, bytes]], *, fin: bool = False) -> None:
    """The text comes, once alone and once with a FIN; then reader and state are looked at."""
    state, requirement, (offset, text) = row
    conn = ended(bench, state)
    for flags in ("PA", "FPA") if fin else ("PA",):
        segment = TCP(flags=flags, seq=conn.peer.snd.nxt + offset, ack=conn.target.snd.una)
        conn.send(segment / Raw(text))
    reads_what_was_said(conn, state, requirement)


@case(
    "RFC9293:3.10.7.4-TEXT-CW",
    "RFC9293:3.10.7.4-TEXT-CLOSING",
    "RFC9293:3.10.7.4-TEXT-LAST-ACK",
    rows=rows("CLOSE-WAIT", "CLOSING", "LAST-ACK"),
)
def text_after_the_fin(bench: Bench, row: tuple[str, str, tuple[int, bytes]]) -> None:
    """Text left of the peer's FIN, across it, in its place or beyond; ignored, the end stands."""
    arrives(bench, row, fin=True)


@case("RFC9293:3.10.7.4-TEXT-TW", rows=rows("TIME-WAIT"))
def text_after_the_fin_in_time_wait(bench: Bench, row: tuple[str, str, tuple[int, bytes]]) -> None:
    """Text left of the peer's FIN, across it, in its place or beyond, in TIME-WAIT; ignored."""
    arrives(bench, row)


#: The order in which the segments behind a hole arrive: FIN, text beyond it, text across it.
ORDERS = {
    "fin_first": ("fin", "beyond"),
    "text_first": ("beyond", "fin"),
    "text_across_the_fin": ("fin", "across"),
}


@case(
    "RFC9293:3.10.7.4-FIN-THEN-DATA",
    "RFC9293:3.10.7.4-FIN-FW1-UNACKED",
    "RFC9293:3.10.7.4-FIN-FW2",
    rows={
        f"{state}-{order}": (state, parts)
        for state in ("FIN-WAIT-1", "FIN-WAIT-2")
        for order, parts in ORDERS.items()
    },
)
def text_beyond_a_fin_that_waits(bench: Bench, row: tuple[str, tuple[str, ...]]) -> None:
    """The target has closed; the peer's FIN waits behind a hole, and text beyond it comes too.

    Once the hole is filled the stream ends at the FIN, in CLOSING or TIME-WAIT.
    """
    state, order = row
    conn = established(bench)
    with bench.reaching(state):
        app_closes(conn)
        if state == "FIN-WAIT-2":
            peer_acks(conn)
    first, ack = conn.peer.snd.nxt, conn.target.snd.una
    parts = {
        "fin": TCP(flags="FPA", seq=first + 4, ack=ack) / Raw(b"tail"),
        "beyond": TCP(flags="PA", seq=first + 9, ack=ack) / Raw(b"beyond"),
        "across": TCP(flags="PA", seq=first + 6, ack=ack) / Raw(b"ilXbeyond"),
    }
    for part in order:
        conn.send(parts[part])
        conn.expect("A", seq=conn.target.snd.nxt, ack=first)
    conn.expect_state(state)
    conn.send(TCP(flags="PA", seq=first, ack=ack) / Raw(b"head"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=first + 9)
    conn.app.recv(100, want=b"headtail")
    conn.app.recv(100, want=b"")
    if state == "FIN-WAIT-1":
        conn.expect_state("CLOSING", requirement="3.10.7.4-FIN-FW1-UNACKED")
    else:
        conn.expect_state("TIME-WAIT", requirement="3.10.7.4-FIN-FW2")
