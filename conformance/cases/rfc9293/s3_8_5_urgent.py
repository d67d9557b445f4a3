"""Urgent data: the pointer sent and received, and what the application learns (3.8.5, RFC 6093)."""

from tcpassay.conformance.app import ready
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import established, handshake, listener
from tcpassay.core.seq import Seq

SECTION = "3.8.5"

SEGMENT = 1000
#: Segments after which any receive buffer that manifests declare is full.
ENOUGH = 400


def priority(conn: Connection) -> bool:
    """Whether poll() tells of urgent data now."""
    returned = conn.bench.app.poll((conn.app, ("POLLPRI",))).expect_return()
    return "POLLPRI" in ready(returned, conn.app)


def at_mark(conn: Connection) -> object:
    """What sockatmark() would give."""
    return conn.app.call("ioctl", ("name", "SIOCATMARK")).get("value")


def in_line(conn: Connection) -> None:
    """Let the urgent octet stay in the stream."""
    conn.app.set_option("SOL_SOCKET", "SO_OOBINLINE", 1)


def opened_at(bench: Bench, iss: int) -> Connection:
    """A connection whose peer starts at this number."""
    with bench.reaching("ESTABLISHED"):
        sock = listener(bench)
        conn = handshake(bench.connection(iss=iss))
        conn.app = sock.accept()
    return conn


@case(
    "RFC9293:MUST-62",
    "RFC6093:4-POINTER",
    "RFC9293:MUST-30",
    rows={"one": b"X", "three": b"abX"},
    needs=("urgent",),
    state="ESTABLISHED",
)
def pointer_sent(bench: Bench, text: bytes) -> None:
    """send(MSG_OOB); URG is set and the urgent pointer names the octet behind the last one."""
    conn = established(bench)
    conn.app.send(text, "MSG_OOB", requirement="MUST-30")
    first = conn.target.snd.nxt
    sent = conn.expect(seq=first, payload=text, requirement="MUST-30").segment
    bench.check(bool(sent.flags & 0x20), True, "URG", requirement="MUST-30")
    bench.check(sent.urgent, len(text), "urgent pointer")


@case(
    "RFC9293:MUST-62",
    "RFC9293:MUST-30",
    rows={"first": 1, "middle": 4, "last": 6},
    needs=("urgent",),
    state="ESTABLISHED",
)
def pointer_received(bench: Bench, pointer: int) -> None:
    """Six octets, a pointer among them; MSG_OOB gives the octet in front of where it points."""
    conn = established(bench)
    text = b"abcdef"
    conn.send(TCP(flags="PAU", urgptr=pointer) / Raw(text))
    bench.check(priority(conn), True, "POLLPRI", requirement="MUST-30")
    conn.app.recv(1, "MSG_OOB", want=text[pointer - 1 : pointer])


@case("RFC9293:MUST-62", needs=("urgent",), state="ESTABLISHED")
def numbers_wrap_under_the_pointer(bench: Bench) -> None:
    """The peer's numbers go round between text and pointer; the octet is the right one."""
    conn = opened_at(bench, 2**32 - 4)
    conn.send(TCP(flags="PAU", urgptr=6) / Raw(b"abcdeX"))
    conn.app.recv(1, "MSG_OOB", want=b"X")
    conn.app.recv(16, want=b"abcde")


@case(
    "RFC9293:MUST-31",
    "RFC9293:MUST-33",
    rows={"one": 1, "hundred": 100, "three_segments": 3 * SEGMENT},
    needs=("urgent",),
    state="ESTABLISHED",
)
def urgent_data_of_any_length(bench: Bench, length: int) -> None:
    """So many urgent octets, in line; all arrive in order, with the mark in front of the last."""
    conn = established(bench)
    in_line(conn)
    text = bytes(n % 251 for n in range(length))
    for start in range(0, length, SEGMENT):
        piece = text[start : start + SEGMENT]
        conn.send(TCP(flags="AU", urgptr=length - start) / Raw(piece))
    conn.send(TCP(flags="PA") / Raw(b"usual"))
    if length > 1:
        bench.check(at_mark(conn), 0, "sockatmark()", requirement="MUST-33")
        conn.app.recv(length + 9, want=text[:-1])
    bench.check(at_mark(conn), 1, "sockatmark()", requirement="MUST-33")
    conn.app.recv(length + 9, want=text[-1:] + b"usual")
    bench.check(at_mark(conn), 0, "sockatmark() behind the mark", requirement="MUST-33")


@case("RFC9293:MUST-31", needs=("urgent",), state="ESTABLISHED")
def long_urgent_send(bench: Bench) -> None:
    """send(MSG_OOB) of three segments; each that has URG, and the last, points behind the end."""
    conn = established(bench, mss=SEGMENT)
    first = conn.target.snd.nxt
    end = first + 3 * SEGMENT
    conn.app.send(bytes(3 * SEGMENT), "MSG_OOB")
    pointed: list[int] = []
    while conn.target.snd.nxt != end:
        sent = conn.expect("AU" if pointed else None, payload=ANY).segment
        if sent.flags & 0x20:
            pointed.append(Seq(sent.seq + sent.urgent).distance(first))
        conn.send("A")
    bench.check(set(pointed), {3 * SEGMENT}, "where the pointers lead")


@case("RFC9293:MUST-32", needs=("urgent",), state="ESTABLISHED")
def each_advance_is_told(bench: Bench) -> None:
    """Urgent data, taken, then more of it; POLLPRI comes each time, and goes with the octet."""
    conn = established(bench)
    bench.check(priority(conn), False, "POLLPRI before")
    for octet in (b"X", b"Y"):
        conn.send(TCP(flags="PAU", urgptr=2) / Raw(b"-" + octet))
        bench.check(priority(conn), True, "POLLPRI")
        conn.app.recv(1, "MSG_OOB", want=octet)
        bench.check(priority(conn), False, "POLLPRI once taken")


@case("RFC9293:MUST-62", needs=("urgent",), state="ESTABLISHED")
def later_urgent_send_moves_the_pointer(bench: Bench) -> None:
    """Two urgent sends, nothing acknowledged; the pointer of the second leads behind its end."""
    conn = established(bench)
    first = conn.target.snd.nxt
    for number, octet in enumerate((b"X", b"Y")):
        conn.app.send(octet, "MSG_OOB")
        conn.expect("AU", seq=first + number, urgent=1, payload=octet)
    conn.send("A")
    conn.app.send(b"usual")
    conn.expect("A", seq=first + 2, payload=b"usual")


@case("RFC9293:MUST-32", needs=("urgent",), state="ESTABLISHED")
def pointer_ahead_of_the_text(bench: Bench) -> None:
    """The pointer leads beyond the segment; the octet it means is urgent once it has come."""
    conn = established(bench)
    conn.send(TCP(flags="PAU", urgptr=5) / Raw(b"ab"))
    conn.app.recv(1, "MSG_OOB", errno="EAGAIN")
    conn.send(TCP(flags="PA") / Raw(b"cdXfg"))
    bench.check(priority(conn), True, "POLLPRI")
    conn.app.recv(16, want=b"abcd")
    conn.app.recv(1, "MSG_OOB", want=b"X")
    conn.app.recv(16, want=b"fg")


@case(
    "RFC9293:3.8.5-BAD-URGPTR",
    rows={"zero": 0, "one": 1, "inside": 2, "behind_the_end": 4, "largest": 0xFFFF},
    needs=("urgent",),
    state="ESTABLISHED",
)
def odd_pointers(bench: Bench, pointer: int) -> None:
    """URG with an odd pointer on an empty segment, on text and on a FIN; the stream stays whole."""
    conn = established(bench)
    in_line(conn)
    conn.send(TCP(flags="AU", urgptr=pointer))
    conn.send(TCP(flags="PAU", urgptr=pointer) / Raw(b"abc"))
    conn.send(TCP(flags="FAU", urgptr=pointer) / Raw(b"def"))
    got = b""
    while len(got) < 6:
        piece = conn.app.recv(6 - len(got))
        if not piece:
            break
        got += piece
    bench.check(got, b"abcdef", "the stream")
    conn.app.recv(1, want=b"")


@case("RFC9293:MUST-66", needs=("urgent",), state="ESTABLISHED", real_s=2)
def closed_window_does_not_hide_urg(bench: Bench) -> None:
    """The target's window is zero; URG with a pointer counts, though its octet finds no room."""
    conn = established(bench)
    text = b""
    with bench.reaching("a receive window of zero"):
        for number in range(ENOUGH):
            room = conn.target.rcv.wnd
            if not room:
                break
            piece = bytes([number % 251]) * min(SEGMENT, room)
            text += piece
            conn.send("PA", payload=piece)
            conn.expect("A", ack=conn.peer.snd.nxt)
    conn.app.recv(1, "MSG_OOB", errno="EINVAL")
    conn.send(TCP(flags="AU", urgptr=1, seq=conn.peer.snd.nxt))
    conn.app.recv(1, "MSG_OOB", errno="EAGAIN")
