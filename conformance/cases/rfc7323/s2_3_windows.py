"""How far windows reach once they are scaled: RFC 7323, sections 2.3 and 2.4."""

from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.stamped import burst, farthest, scaled
from tcpassay.core.seq import Seq

SECTION = "2.3"

TEXT = 200_000


def pump(conn: Connection, octets: int, window: int, rounds: int) -> list[int]:
    """How far the target sends beyond each of the peer's ACKs, all with this window field.

    In between each segment is acknowledged on its own, which opens a congestion window soonest.
    """
    sock = conn.app.accept()
    sock.set_option("SOL_SOCKET", "SO_SNDBUF", 2 * octets)
    sock.begin_send(bytes(octets))
    reached = []
    for _ in range(rounds):
        arrivals = burst(conn, 0.05)
        reached.append(farthest(conn, arrivals))
        for arrival in arrivals:
            conn.send("A", ack=end_of(arrival), window=window)
    return reached


def end_of(arrival: Arrival) -> int:
    """The number that acknowledges the text of a segment."""
    return int(Seq(arrival.segment.seq) + len(arrival.segment.payload))


def send_in_pieces(conn: Connection, octets: int, piece: int = 1460) -> None:
    """The peer sends so many octets, whatever the window says."""
    while octets > 0:
        conn.send("A", payload=bytes(min(octets, piece)))
        octets -= piece


@case(
    "RFC7323:2.3-SHIFT-MAX",
    rows={"14": 14, "15": 15, "255": 255},
    needs=("window_scale",),
    state="ESTABLISHED",
)
def shift_above_14(bench: Bench, shift: int) -> None:
    """A SYN with that shift, then windows of 1; up to 2^14 octets are in flight and no more."""
    conn, _ = scaled(bench, shift, window=4000)
    conn.send("A", window=1)
    reached = pump(conn, TEXT, 1, 8)
    bench.check(max(reached) <= 1 << 14, True, "at most 2^14 octets in flight")
    bench.check(max(reached) > 1 << 13, True, "more than 2^13 octets in flight")


@case(
    "RFC7323:2.3-SCALE-APPLIED",
    "RFC7323:2.4-INITIAL-IN-WINDOW",
    rows={"shift_1": (1, 40_000), "shift_4": (4, 5_000), "shift_14": (14, 5)},
    needs=("window_scale",),
    state="ESTABLISHED",
)
def peers_window_over_64_kib(bench: Bench, row: tuple[int, int]) -> None:
    """The peer announces about 80,000 octets; more than 65,535 are in flight, and no more."""
    shift, field = row
    conn, _ = scaled(bench, shift, window=4000)
    conn.send("A", window=field)
    reached = pump(conn, 2 * TEXT, field, 10)
    bench.measure("octets in flight", max(reached))
    fits = max(reached) <= field << shift
    bench.check(fits, True, "never beyond the window", requirement="2.4-INITIAL-IN-WINDOW")
    bench.check(max(reached) > 0xFFFF, True, "more than 65,535 octets in flight")


@case("RFC7323:2.4-INITIAL-IN-WINDOW", needs=("window_scale",), state="ESTABLISHED")
def window_taken_back(bench: Bench) -> None:
    """The newest ACK takes back part of the window; new text stays within what is left.

    16,000 octets are announced, then 1,600 beyond the first segment.
    """
    conn, _ = scaled(bench, 4, window=2000, mss=536)
    conn.send("A", window=1000)
    sock = conn.app.accept()
    sock.send(bytes(1072))
    with bench.reaching("1072 octets in flight"):
        bench.check(farthest(conn, burst(conn)), 1072, "in flight")
    conn.send("A", ack=int(conn.target.snd.una + 536), window=100)
    sock.send(bytes(5000))
    sent = farthest(conn, burst(conn))
    bench.check(sent <= 1600, True, "no new text beyond the window of 1600")


@case("RFC7323:2.3-SCALE-APPLIED", needs=("window_scale",), state="ESTABLISHED")
def own_window_over_64_kib(bench: Bench) -> None:
    """A receive buffer of 256 KiB, filled as far as each window tells; all of it is taken.

    The target's windows, scaled, reach beyond 65,535 octets.
    """
    conn, shift = scaled(bench, 0, buffer=262_144)
    conn.send("A")
    sock = conn.app.accept()
    largest = 0
    for _ in range(6):
        sent = conn.send("PA", payload=bytes(1460))
        bench.wait(0.3)
        conn.drop_arrivals()
        bench.check(conn.target.rcv.nxt, sent.seq + 1460, "acknowledged")
        told = conn.target.rcv.wnd << shift
        largest = max(largest, told)
        send_in_pieces(conn, told)
        bench.wait(0.3)
        conn.drop_arrivals()
        bench.check(conn.target.rcv.nxt, conn.peer.snd.nxt, "all that fitted is acknowledged")
        for _ in range(8):
            sock.begin_recv(65536, "MSG_DONTWAIT")
        bench.wait(0.1)
        conn.drop_arrivals()
    bench.measure("largest window", largest)
    bench.check(largest > 0xFFFF, True, "a window over 65,535 octets")


@case("RFC7323:2.4-RETRACT-RECV", needs=("window_scale",), state="ESTABLISHED")
def farthest_edge_ever_told(bench: Bench) -> None:
    """Text in odd pieces, which nobody reads; all up to the farthest edge ever told is taken."""
    conn, shift = scaled(bench, 0, buffer=262_144)
    conn.send("A")
    conn.app.accept()
    edge = conn.peer.snd.nxt
    for size in (1460, 1, 7, 1001, 1, 333, 1459, 3):
        sent = conn.send("PA", payload=bytes(size))
        bench.wait(0.25)
        conn.drop_arrivals()
        bench.check(conn.target.rcv.nxt, sent.seq + size, "acknowledged")
        told = conn.target.rcv.nxt + (conn.target.rcv.wnd << shift)
        edge = told if told.after(edge) else edge
    send_in_pieces(conn, edge.distance(conn.peer.snd.nxt), 1447)
    bench.wait(0.5)
    conn.drop_arrivals()
    bench.check(conn.target.rcv.nxt, edge, "all up to the farthest edge is acknowledged")


@case("RFC9293:SHLD-14", needs=("window_scale",), state="ESTABLISHED")
def edge_of_a_scaled_window(bench: Bench) -> None:
    """Small pieces of text, each read at once; the edge told moves back by less than one unit."""
    conn, shift = scaled(bench, 0, buffer=262_144)
    conn.send("A")
    sock = conn.app.accept()
    conn.send("PA", payload=bytes(1460))
    conn.expect("A", ack=conn.peer.snd.nxt)
    sock.recv(1460)
    edges: list[Seq] = []
    for size in (1, 5, 77, 1, 1, 999, 2, 3, 1):
        conn.send("PA", payload=bytes(size))
        conn.expect("A", ack=conn.peer.snd.nxt, payload=ANY)
        sock.recv(size)
        edges.append(conn.target.rcv.nxt + (conn.target.rcv.wnd << shift))
    back = [now.distance(before) for before, now in pairwise(edges)]
    bench.check(min(back) > -(1 << shift), True, "no step back of a whole unit")
