"""Whether windows are scaled: RFC 7323, sections 2.2 and 2.3."""

from tcpassay.conformance.app import Pending
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.match import ANY, scale_of
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import latest
from tcpassay.conformance.reach import handshake, listener, syn_sent
from tcpassay.conformance.stamped import burst, farthest, roomy_listener, scaled
from tcpassay.wire import MaximumSegmentSize, Option, Timestamps, UnknownOption, WindowScale

SECTION = "2.2"

MSS = MaximumSegmentSize(536)


@case(
    "RFC7323:2.2-SYNACK-ONLY-IF",
    rows={
        "no_option": (),
        "mss": (MSS,),
        "timestamps": (MSS, Timestamps(1, 0)),
        "wrong_length": (MSS, UnknownOption(3, b"\x07\x07")),
    },
    state="LISTEN",
)
def syn_without_window_scale(bench: Bench, options: tuple[Option, ...]) -> None:
    """A SYN without window scale; the SYN-ACK has none."""
    listener(bench)
    conn = bench.connection()
    conn.send("S", options=options or (MSS,))
    conn.expect("SA", ack=conn.peer.snd.nxt, scale=None)


@case(
    "RFC7323:2.3-SYNACK-REPLY",
    rows={"shift_0": 0, "shift_1": 1, "shift_14": 14, "shift_255": 255},
    needs=("window_scale",),
    state="LISTEN",
)
def syn_with_window_scale(bench: Bench, shift: int) -> None:
    """A SYN with window scale, whatever its shift; the SYN-ACK has a shift of at most 14."""
    listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S", options=[("MSS", 1460), ("NOP", None), ("WScale", shift)]))
    answer = conn.expect("SA", ack=conn.peer.snd.nxt)
    own = scale_of(answer.segment)
    bench.check(own is not None, True, "window scale in the SYN-ACK")
    bench.check(own is not None and own <= 14, True, "its shift is at most 14")


@case("RFC7323:2.3-SYNACK-REPLY", needs=("window_scale",), state="SYN-SENT")
def crossed_syn_with_window_scale(bench: Bench) -> None:
    """A SYN with window scale crosses the target's; the SYN-ACK repeats the target's shift."""
    conn, _ = syn_sent(bench)
    offered = scale_of(latest(conn).segment)
    conn.send("S", options=(MSS, WindowScale(3)))
    conn.expect("SA", ack=conn.peer.snd.nxt, scale=offered)


@case("RFC7323:2.2-NEGOTIATE", settings=("no_window_scale",), state="LISTEN")
def scaling_turned_off_as_server(bench: Bench) -> None:
    """A target told not to scale gets window scale; it grants none and reads windows as they are.

    The third segment announces 800 octets.
    """
    sock = listener(bench)
    conn = bench.connection()
    conn.window = 800
    conn.send("S", options=(MSS, WindowScale(7)))
    conn.expect("SA", ack=conn.peer.snd.nxt, scale=None)
    conn.send("A")
    sock.accept().send(bytes(8000))
    sent = farthest(conn, burst(conn))
    bench.check(0 < sent <= 800, True, "octets sent fit a window of 800")


def window_is_read_as_it_is(
    conn: Connection, pending: Pending, options: tuple[Option, ...]
) -> None:
    """A SYN-ACK with these options and a window of 800; no more than that is sent. Judged."""
    conn.window = 800
    conn.send("SA", options=options)
    conn.expect("A", ack=conn.peer.snd.nxt)
    pending.expect_return(0)
    conn.app.send(bytes(8000))
    conn.send("A")
    sent = farthest(conn, burst(conn))
    conn.bench.check(0 < sent <= 800, True, "octets sent fit a window of 800")


@case("RFC7323:2.2-NEGOTIATE", settings=("no_window_scale",), state="SYN-SENT")
def scaling_turned_off_as_client(bench: Bench) -> None:
    """A target told not to scale connects; its SYN has no window scale, and none is read."""
    conn, pending = syn_sent(bench)
    bench.check(scale_of(latest(conn).segment), None, "window scale in the SYN")
    window_is_read_as_it_is(conn, pending, (MSS, WindowScale(7)))


@case("RFC7323:2.2-NEGOTIATE", needs=("window_scale",), state="SYN-SENT")
def syn_ack_without_window_scale(bench: Bench) -> None:
    """connect() offers window scale, the SYN-ACK has none; windows are read as they are."""
    conn, pending = syn_sent(bench)
    bench.check(scale_of(latest(conn).segment) is not None, True, "window scale in the SYN")
    window_is_read_as_it_is(conn, pending, (MSS,))


@case("RFC7323:2.2-NEGOTIATE", needs=("window_scale",), state="ESTABLISHED")
def own_windows_without_window_scale(bench: Bench) -> None:
    """A large receive buffer, and a SYN without window scale; the target's windows are not scaled.

    All that its windows tell of as they stand is taken.
    """
    sock = roomy_listener(bench, 262_144)
    conn = bench.connection()
    conn.send("S", options=(MaximumSegmentSize(1460),))
    conn.expect("SA", ack=conn.peer.snd.nxt, scale=None)
    conn.send("A")
    sock.accept()
    sent = conn.send("PA", payload=bytes(1000))
    told = conn.expect("A", ack=sent.seq + 1000).segment.window
    bench.check(told >= 4096, True, "a buffer of 256 KiB shows in a window of 4096 or more")
    room = told
    while room:
        size = min(room, 1460)
        conn.send("A", payload=bytes(size))
        room -= size
    bench.wait(0.5)
    conn.drop_arrivals()
    bench.check(conn.target.rcv.nxt, conn.peer.snd.nxt, "all is acknowledged")


@case("RFC7323:2.2-SYN-UNSCALED", needs=("window_scale",), rows={"2": 2, "7": 7}, state="SYN-SENT")
def window_of_the_syn_ack(bench: Bench, shift: int) -> None:
    """A SYN-ACK with window scale and a window of 1000; at most 1000 octets come before an ACK."""
    conn, pending = syn_sent(bench)
    conn.send("SA", window=1000, options=(MSS, WindowScale(shift)))
    conn.expect("A", ack=conn.peer.snd.nxt)
    pending.expect_return(0)
    conn.app.send(bytes(8000))
    sent = farthest(conn, burst(conn))
    bench.check(0 < sent <= 1000, True, "octets sent fit a window of 1000")


@case("RFC7323:2.2-SYN-UNSCALED", needs=("window_scale", "simultaneous_open"), state="SYN-RECEIVED")
def window_of_a_crossed_syn_ack(bench: Bench) -> None:
    """SYNs cross, and the SYN-ACK that opens has a window of 1000; it is read as it stands."""
    conn, pending = syn_sent(bench)
    conn.send("S", window=1000, options=(MSS, WindowScale(5)))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("SA", seq=conn.peer.iss, window=1000, options=(MSS, WindowScale(5)))
    pending.expect_return(0)
    conn.drop_arrivals()
    conn.app.send(bytes(8000))
    sent = farthest(conn, burst(conn))
    bench.check(0 < sent <= 1000, True, "octets sent fit a window of 1000")


@case("RFC7323:2.2-SYN-UNSCALED", needs=("window_scale",), state="LISTEN")
def own_window_in_the_syn_ack(bench: Bench) -> None:
    """A large receive buffer; all that the SYN-ACK's window tells of, as it stands, is taken."""
    conn, _ = scaled(bench, 3)
    told = conn.target.rcv.wnd
    conn.send("A")
    while told:
        size = min(told, 1460)
        conn.send("A", payload=bytes(size))
        told -= size
    bench.wait(0.5)
    conn.drop_arrivals()
    bench.check(conn.target.rcv.nxt, conn.peer.snd.nxt, "all is acknowledged")


@case("RFC7323:2.2-THIRD-SEG-SCALED", needs=("window_scale",), state="SYN-RECEIVED")
def window_of_the_third_segment(bench: Bench) -> None:
    """Shift 3 in the SYN and window 100 in the ACK that opens; 101 to 800 octets are in flight."""
    conn, _ = scaled(bench, 3, window=100, mss=536)
    conn.send("A", window=100)
    conn.app.accept().send(bytes(5000))
    sent = farthest(conn, burst(conn))
    bench.check(100 < sent <= 800, True, "101 to 800 octets in flight")


@case(
    "RFC7323:2.2-NONSYN-IGNORED",
    rows={"in_an_ack": b"", "in_text": b"text"},
    state="ESTABLISHED",
)
def window_scale_outside_a_syn(bench: Bench, text: bytes) -> None:
    """Window scale 7 in a later segment of a connection without it; windows stay as they are."""
    sock = listener(bench)
    conn = bench.connection()
    conn.window = 800
    handshake(conn)
    conn.app = sock.accept()
    conn.send(TCP(flags="A", window=800, options=[("WScale", 7)]) / text)
    conn.drop_arrivals()
    conn.app.send(bytes(8000))
    sent = farthest(conn, burst(conn))
    bench.check(0 < sent <= 800, True, "octets sent fit a window of 800")


@case("RFC7323:2.2-NONSYN-IGNORED", needs=("window_scale",), state="ESTABLISHED")
def other_shift_outside_a_syn(bench: Bench) -> None:
    """Shift 2 was agreed and a later ACK has shift 10; windows are read by the first."""
    conn, _ = scaled(bench, 2, window=200, mss=536)
    conn.send(TCP(flags="A", window=200, options=[("WScale", 10)]))
    sock = conn.app.accept()
    conn.send(TCP(flags="A", window=200, options=[("WScale", 10)]))
    sock.send(bytes(8000))
    sent = farthest(conn, burst(conn))
    bench.check(200 < sent <= 800, True, "201 to 800 octets in flight")


@case("RFC7323:2.2-NEGOTIATE", needs=("window_scale",), state="SYN-SENT")
def only_syns_carry_window_scale(bench: Bench) -> None:
    """connect() with window scale, then text and FIN; no later segment has the option."""
    conn, pending = syn_sent(bench)
    conn.send("SA", options=(MSS, WindowScale(4)))
    conn.expect("A", ack=conn.peer.snd.nxt, scale=None)
    pending.expect_return(0)
    conn.app.send(b"text")
    conn.expect("A", payload=b"text", scale=None)
    conn.send("A")
    conn.app.shutdown()
    conn.expect("FA", payload=ANY, scale=None)
