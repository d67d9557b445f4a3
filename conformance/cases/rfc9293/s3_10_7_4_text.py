"""Text that arrives, in and out of order: RFC 9293, section 3.10.7.4 (first and seventh step)."""

from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.reach import established, handshake, listener
from tcpassay.core.seq import Seq

SECTION = "3.10.7.4"

Piece = tuple[int, bytes]


def arrive(conn: Connection, first: int, piece: Piece) -> None:
    """The peer sends octets numbered from `first` plus an offset."""
    offset, text = piece
    conn.send(TCP(flags="PA", seq=first + offset) / Raw(text))


@case("RFC9293:3.10.7.4-TEXT-ESTAB", "RFC9293:3.4-SYN-FIN-SPACE", state="ESTABLISHED")
def text_in_order(bench: Bench) -> None:
    """Three segments in order; each octet takes one number, all are acknowledged and read."""
    conn = established(bench)
    first = conn.target.irs + 1
    for number, word in enumerate((b"one ", b"two ", b"six ")):
        conn.send("PA", payload=word)
        conn.expect("A", ack=first + 4 * (number + 1), within=0.5)
    conn.app.recv(100, want=b"one two six ")
    bench.check(
        int(conn.target.rcv.nxt), int(first + 12), "RCV.NXT", requirement="3.4-SYN-FIN-SPACE"
    )


@case(
    "RFC9293:SHLD-31",
    "RFC5681:3.2-DUPACK-RX",
    "RFC5681:3.2-FILL-ACK",
    rows={
        "two_swapped": ((4, b"BBBB"), (0, b"AAAA")),
        "reversed": ((12, b"DDDD"), (8, b"CCCC"), (4, b"BBBB"), (0, b"AAAA")),
        "two_holes": ((4, b"BBBB"), (12, b"DDDD"), (0, b"AAAA"), (8, b"CCCC")),
    },
    state="ESTABLISHED",
)
def text_out_of_order(bench: Bench, pieces: tuple[Piece, ...]) -> None:
    """Segments arrive out of order; a duplicate ACK for each, and the reader gets them in order."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    held: dict[int, bytes] = {}
    edge = 0
    for piece in pieces:
        held[piece[0]] = piece[1]
        gap = piece[0] != edge
        while edge in held:
            edge += len(held[edge])
        arrive(conn, first, piece)
        told = "3.2-DUPACK-RX" if gap else "3.2-FILL-ACK"
        conn.expect("A", ack=first + edge, within=0.1, requirement=told)
    conn.app.recv(100, want=b"".join(held[offset] for offset in sorted(held)))


@case("RFC9293:3.10.7.4-SEQ-DUP-DATA", state="ESTABLISHED")
def duplicate_text(bench: Bench) -> None:
    """A segment comes twice more; it is acknowledged again each time and read once."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send("PA", payload=b"once only")
    conn.expect("A", ack=first + 9, within=0.5)
    for _ in range(2):
        arrive(conn, first, (0, b"once only"))
        conn.expect("A", seq=conn.target.snd.nxt, ack=first + 9)
    conn.app.recv(100, want=b"once only")
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()


@case(
    "RFC9293:3.10.7.4-SEQ-LEFT-OVERLAP",
    rows={"one_octet": 1, "half": 5, "all_but_one": 9},
    state="ESTABLISHED",
)
def overlap_with_text_already_taken(bench: Bench, new: int) -> None:
    """A segment begins with octets already taken and brings some new; only the new are used."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send("PA", payload=b"0123456789")
    conn.expect("A", ack=first + 10, within=0.5)
    arrive(conn, first, (new, b"#" * (10 - new) + b"n" * new))
    conn.expect("A", ack=first + 10 + new, within=0.5)
    conn.app.recv(100, want=b"0123456789" + b"n" * new)


@case(
    "RFC9293:3.10.7.4-SEQ-OVERLAP-OOO",
    rows={
        "grows_right": ((4, b"4567"), (6, b"6789"), (0, b"0123")),
        "grows_left": ((6, b"6789"), (4, b"4567"), (0, b"0123")),
        "swallows": ((5, b"56"), (2, b"23456789"), (0, b"01")),
        "inside": ((2, b"23456789"), (5, b"56"), (0, b"01")),
        "bridges": ((2, b"23"), (8, b"89"), (3, b"345678"), (0, b"01")),
        "all_at_once": ((3, b"34"), (7, b"78"), (0, b"0123456789")),
    },
    state="ESTABLISHED",
)
def overlapping_text_out_of_order(bench: Bench, pieces: tuple[Piece, ...]) -> None:
    """Segments overlap behind a hole; once it is filled the reader gets every octet once."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    for piece in pieces[:-1]:
        arrive(conn, first, piece)
        conn.expect("A", ack=first)
    arrive(conn, first, pieces[-1])
    conn.expect("A", ack=first + 10)
    conn.app.recv(100, want=b"0123456789")


@case("RFC9293:3.10.7.4-SEQ-OVERLAP-OOO", state="ESTABLISHED", measures=True)
def overlapping_text_that_differs(bench: Bench) -> None:
    """Two copies of the same octets differ; one of them is read, whole, and which is recorded."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    arrive(conn, first, (4, b"1111"))
    conn.expect("A", ack=first)
    arrive(conn, first, (4, b"2222"))
    conn.expect("A", ack=first)
    arrive(conn, first, (0, b"head"))
    conn.expect("A", ack=first + 8)
    got = conn.app.recv(100)
    bench.check(got in {b"head1111", b"head2222"}, True, "one whole copy")
    bench.measure("copy kept", "first" if got.endswith(b"1") else "second")


@case(
    "RFC9293:3.10.7.4-SEQ-RIGHT-TRIM",
    "RFC9293:3.4-ACK-SANE",
    rows={"text": "PA", "text_and_FIN": "FPA"},
    state="ESTABLISHED",
)
def text_across_the_right_edge(bench: Bench, flags: str) -> None:
    """A segment ends beyond the window; nothing beyond is acknowledged, no octet is lost."""
    with bench.reaching("ESTABLISHED with a small receive buffer"):
        sock = listener(bench)
        sock.set_option("SOL_SOCKET", "SO_RCVBUF", 4096)
        conn = handshake(bench.connection())
        conn.app = sock.accept()
    first, room = conn.peer.snd.nxt, conn.target.rcv.wnd
    text = bytes(index % 251 for index in range(room + 1000))
    conn.send(TCP(flags=flags, seq=first + room - 300) / Raw(text[room - 300 : room + 300]))
    answers = conn.drop_arrivals()
    for start in range(0, room - 300, 500):
        arrive(conn, first, (start, text[start : min(start + 500, room - 300)]))
        answers += conn.drop_arrivals()
    bench.wait(0.5)
    answers += conn.drop_arrivals()
    edge = first + room
    for arrival in answers:
        beyond = Seq(arrival.segment.ack).after(edge)
        bench.check(beyond, False, "ACK beyond the window announced before")
        edge = right_edge(arrival) if right_edge(arrival).after(edge) else edge
    taken = conn.target.rcv.nxt.distance(first)
    bench.check(taken >= room - 300, True, "all that the window held in order is acknowledged")
    end = "F" in flags and taken > room + 300
    conn.app.recv(taken, want=text[: taken - end], requirement="3.4-ACK-SANE")
    if end:  # The window had moved beyond the FIN when its turn came.
        conn.expect_state("CLOSE-WAIT")
        return
    bench.wait(0.1)
    conn.drop_arrivals()
    arrive(conn, first, (taken, text[taken : taken + 200]))
    conn.expect("A", ack=first + taken + 200, within=0.5)
    conn.app.recv(1000, want=text[taken : taken + 200])
    conn.expect_state("ESTABLISHED")


def right_edge(arrival: Arrival) -> Seq:
    """The first number that a segment does not permit: SEG.ACK + SEG.WND."""
    return Seq(arrival.segment.ack) + arrival.segment.window


@case("RFC9293:3.10.7.4-TEXT-EDGE", "RFC9293:SHLD-14", state="ESTABLISHED")
def the_window_edge_stays(bench: Bench) -> None:
    """Forty segments stay unread; RCV.NXT + RCV.WND never moves to the left."""
    conn = established(bench)
    edges = [conn.target.rcv.nxt + conn.target.rcv.wnd]
    for _ in range(40):
        conn.send("PA", payload=bytes(1460))
        edges += [right_edge(arrival) for arrival in conn.drop_arrivals()]
    bench.wait(0.5)
    edges += [right_edge(arrival) for arrival in conn.drop_arrivals()]
    back = [now for before, now in pairwise(edges) if now.before(before)]
    bench.check(back, [], "edges left of the one before", requirement="SHLD-14")
    bench.check(edges[-1].before(edges[0]), False, "edge at last left of the first")


@case("RFC9293:3.9.1.3-PSH-IGNORED", "RFC9293:MUST-40", state="ESTABLISHED")
def text_without_push(bench: Bench) -> None:
    """Text without PSH while a recv() waits; it is delivered at once, and acknowledged in time."""
    conn = established(bench)
    reading = conn.app.begin_recv(100)
    conn.send(TCP(flags="A") / Raw(b"no push"))
    reading.expect_return(octets=b"no push", within=0.1)
    conn.expect_one_of(Pattern("A", ack=conn.peer.snd.nxt), within=0.5, requirement="MUST-40")
