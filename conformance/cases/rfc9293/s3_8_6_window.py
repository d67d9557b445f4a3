"""The window, from both sides: RFC 9293, section 3.8.6, and the updates of 3.10.7.4."""

from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY, Between
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import close_window, fill, is_reset, window_probe
from tcpassay.conformance.reach import established, handshake, listener
from tcpassay.core.seq import Seq

SECTION = "3.8.6"


def with_window(bench: Bench, window: int) -> Connection:
    """An established connection whose peer has announced this window from its SYN on."""
    with bench.reaching(f"ESTABLISHED with a window of {window}"):
        sock = listener(bench)
        conn = bench.connection()
        conn.window = window
        handshake(conn)
        conn.app = sock.accept()
    return conn


@case("RFC9293:3.10.7.4-WND-UPDATE", "RFC9293:3.8.6-SEND-IN-WINDOW", state="ESTABLISHED")
def window_update_releases_text(bench: Bench) -> None:
    """The window is 100 octets, then 300; the target sends what each permits and no more."""
    conn = with_window(bench, 100)
    first = conn.target.snd.nxt
    text = bytes(range(200))
    conn.app.send(text)
    bench.wait(0.1)
    got = b"".join(arrival.segment.payload for arrival in conn.drop_arrivals())
    bench.check(len(got) <= 100, True, "inside the window", requirement="3.8.6-SEND-IN-WINDOW")
    conn.window = 300
    conn.send("A")
    while len(got) < len(text):
        more = conn.expect("A", seq=first + len(got), payload=ANY)
        got += more.segment.payload
        conn.send("A")
    bench.check(got, text, "octets")


@case("RFC9293:3.10.7.4-WND-UPDATE", state="ESTABLISHED")
def smaller_window_in_a_repeated_ack(bench: Bench) -> None:
    """A bare ACK with the same numbers announces 100 octets in place of 65535; it is taken.

    SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK is all that the fifth step of 3.10.7.4 asks for.
    """
    conn = established(bench)
    conn.window = 100
    conn.send("A")
    first = conn.target.snd.nxt
    conn.app.send(bytes(200))
    bench.wait(0.1)
    conn.drop_arrivals()
    bench.check(conn.target.snd.nxt.distance(first) <= 100, True, "inside the window")


@case(
    "RFC9293:3.10.7.4-WND-OLD-SEG",
    rows={"duplicate": (0, 16), "overlap": (8, 40)},
    state="ESTABLISHED",
)
def old_segment_does_not_change_the_window(bench: Bench, row: tuple[int, int]) -> None:
    """The window is zero, then an older segment announces a wide one; the target must not send."""
    start, length = row
    conn = established(bench)
    first = conn.peer.snd.nxt
    conn.send("PA", payload=bytes(16))
    conn.send("PA", payload=bytes(16), window=0)
    with bench.reaching("a closed window"):
        conn.expect("A", ack=first + 32, within=0.5)
    conn.send(TCP(flags="PA", seq=first + start, window=65535) / Raw(bytes(length)))
    bench.wait(0.05)
    conn.drop_arrivals()
    conn.app.send(b"held back")
    conn.expect_silence(0.1)


#: A number far ahead of the window, with the ACK that is due and with one of what was never sent.
FORGED = {"number_ahead": 0, "number_and_ack_ahead": 1 << 30}


@case("RFC9293:3.10.7.4-WND-UPDATE", rows=FORGED, state="ESTABLISHED")
def forged_segment_does_not_close_the_window(bench: Bench, ack: int) -> None:
    """A segment that cannot be the peer's announces no window; text goes out all the same."""
    conn = established(bench)
    conn.send(
        TCP(flags="A", seq=conn.peer.snd.nxt + (1 << 30), ack=conn.target.snd.nxt + ack, window=0)
    )
    conn.drop_arrivals()
    conn.send("A")
    conn.app.send(b"goes on")
    conn.expect("PA", payload=b"goes on")


@case(
    "RFC9293:MUST-36",
    "RFC9293:SHLD-30",
    "RFC9293:3.8.6-SEND-IN-WINDOW",
    state="ESTABLISHED",
    timing=True,
)
def closed_window_is_probed(bench: Bench) -> None:
    """The window closes while text waits; probes come ever later, and an update releases it."""
    text = b"waits for room"
    conn = established(bench)
    close_window(conn)
    first = conn.target.snd.nxt
    conn.app.send(text)
    conn.expect_silence(0.1, requirement="3.8.6-SEND-IN-WINDOW")
    probes = []
    for _ in range(3):
        probes.append(window_probe(conn, text, 13.0))
        conn.send("A", ack=first)
    waits = [(b.t_ns - a.t_ns) / 1e9 for a, b in pairwise(probes)]
    bench.check(waits[1] > 1.3 * waits[0], True, "waits grow", requirement="SHLD-30")
    conn.window = 65535
    conn.send("A", ack=first)
    conn.expect("A", seq=first, payload=text)


@case("RFC9293:3.10.7.4-SEQ-A2-SIMULTANEOUS", state="ESTABLISHED")
def ack_beside_a_probe_can_be_taken(bench: Bench) -> None:
    """Text of a peer whose closed window is being probed; its ACK has the one number that counts.

    With RCV.WND = 0 a peer takes nothing but SEG.SEQ = RCV.NXT (3.10.7.4, first step), and the
    octet of the probe is not among what it has taken.
    """
    conn = established(bench)
    close_window(conn)
    first = conn.target.snd.nxt
    conn.app.send(b"waits for room")
    with bench.reaching("a probe of the closed window"):
        window_probe(conn, b"waits for room", 4.5)
    conn.send("PA", payload=b"hello", ack=first)
    conn.expect("A", seq=first, ack=conn.peer.snd.nxt, within=0.6)


@case("RFC9293:MUST-37", state="ESTABLISHED", real_s=1000.0)
def answered_probes_keep_the_connection(bench: Bench) -> None:
    """The window stays closed for ten minutes, each probe answered; the text still arrives."""
    text = b"ten minutes late"
    conn = established(bench)
    close_window(conn)
    first = conn.target.snd.nxt
    conn.app.send(text)
    end = bench.now_ns + 600 * 10**9
    while bench.now_ns < end:
        window_probe(conn, text, 130.0)
        conn.send("A", ack=first)
    conn.window = 65535
    conn.send("A", ack=first)
    conn.expect("A", seq=first, payload=text)


def shrunk(bench: Bench) -> tuple[Connection, Seq, bytes]:
    """1000 octets are in flight when the peer acknowledges one and its window falls to 200.

    The connection, the number of the first octet, and the octets.
    """
    text = bytes(index % 251 for index in range(1000))
    conn = established(bench)
    first = conn.target.snd.nxt
    conn.app.send(text)
    with bench.reaching("1000 octets in flight"):
        conn.expect("A", payload=text)
    conn.window = 200
    conn.send("A", ack=first + 1)
    return conn, first, text


@case("RFC9293:MUST-34", "RFC9293:SHLD-15", state="ESTABLISHED")
def window_shrinks_below_what_is_in_flight(bench: Bench) -> None:
    """1000 octets are in flight when the window falls to 200; no new text, and nothing is lost."""
    conn, first, _ = shrunk(bench)
    conn.app.set_option("IPPROTO_TCP", "TCP_NODELAY", 1)
    conn.app.send(b"new")
    conn.expect_silence(0.1, repeats=True, requirement="SHLD-15")
    conn.window = 65535
    conn.send("A", ack=first + 1000)
    conn.expect("A", seq=first + 1000, payload=b"new")


@case("RFC9293:SHLD-16", "RFC9293:3.8.1-RETX-SAME", "RFC9293:MAY-7", state="ESTABLISHED")
def what_fits_the_shrunk_window_is_sent_again(bench: Bench) -> None:
    """1000 octets are lost and the window falls to 200; the time-out repeats what fits."""
    conn, first, text = shrunk(bench)
    again = conn.expect("A", seq=Between(first, first + 1), payload=ANY, within=8.0).segment
    start = Seq(again.seq).distance(first)
    end = start + len(again.payload)
    bench.check(again.payload, text[start:end], "octets", requirement="3.8.1-RETX-SAME")
    bench.check(end > 1, True, "there are octets", requirement="3.8.1-RETX-SAME")
    bench.measure("octets beyond the new edge", max(0, end - 201))


@case("RFC9293:MUST-35", state="ESTABLISHED")
def window_that_shrinks_to_zero_is_probed(bench: Bench) -> None:
    """1000 octets are in flight when the window closes over all but one; probes, then more."""
    text = bytes(index % 251 for index in range(1000))
    conn = established(bench)
    first = conn.target.snd.nxt
    conn.app.send(text)
    with bench.reaching("1000 octets in flight"):
        conn.expect("A", payload=text)
    conn.window = 0
    for _ in range(2):
        conn.send("A", ack=first + 1)
        conn.expect("A", seq=Between(first, first + 1), payload=ANY, within=8.0)
    conn.window = 65535
    conn.send("A", ack=first + 1000)
    conn.app.send(b"new")
    conn.expect("A", seq=first + 1000, payload=b"new")


@case(
    "RFC9293:3.8.6.1-ZW-ANSWER",
    "RFC9293:3.10.7.4-SEQ-ZEROWND-DATA",
    state="ESTABLISHED",
    real_s=3,
)
def probes_of_the_targets_closed_window(bench: Bench) -> None:
    """The target's window is closed; an octet at RCV.NXT is answered, and not taken."""
    conn = established(bench)
    text = fill(conn)
    first = conn.peer.snd.nxt
    for packet in (TCP(flags="A", seq=first - 1), TCP(flags="A", seq=first - 1) / Raw(b"\0")):
        conn.send(packet)
        conn.expect("A", ack=first, window=0)
    conn.send(TCP(flags="PA", seq=first) / Raw(b"?"))
    conn.expect("A", ack=first, window=0, requirement="3.10.7.4-SEQ-ZEROWND-DATA")
    got = b""
    while len(got) < len(text):
        got += conn.app.recv(65536)
    bench.check(got == text, True, "what was read is what was sent")


@case("RFC9293:3.8.6-WIN-OPEN-UPDATE", "RFC9293:MUST-39", state="ESTABLISHED", real_s=3)
def reading_reopens_the_window(bench: Bench) -> None:
    """The application empties the buffer; the target announces a window of a segment or more."""
    conn = established(bench)
    left = len(fill(conn))
    while left > 0:
        left -= len(conn.app.recv(65536))
    bench.wait(0.3)
    updates = [arrival.segment for arrival in conn.drop_arrivals()]
    numbers = {segment.ack for segment in updates}
    bench.check(numbers, {int(conn.peer.snd.nxt)}, "ACK of the updates")
    windows = [segment.window for segment in updates]
    bench.check(windows[-1] >= 1460, True, "a segment fits")
    small = [window for window in windows if 0 < window < 1460]
    bench.check(small, [], "windows of less than a segment", requirement="MUST-39")


@case("RFC9293:MUST-39", state="ESTABLISHED", real_s=3)
def a_slow_reader_draws_no_tiny_windows(bench: Bench) -> None:
    """The buffer is full and is read 100 octets at a time; no window of under a segment opens."""
    conn = established(bench)
    fill(conn)
    windows: list[int] = []
    for _ in range(40):
        conn.app.recv(100)
        conn.send("A")
        windows += [arrival.segment.window for arrival in conn.drop_arrivals()]
        if any(windows):
            break
    bench.check([window for window in windows if 0 < window < 1460], [], "tiny windows")


@case("RFC9293:MUST-66", "RFC9293:3.10.7.4-SEQ-ZEROWND-ACK", state="ESTABLISHED", real_s=4)
def reset_and_ack_count_while_the_window_is_closed(bench: Bench) -> None:
    """The target's window is closed; an empty ACK at RCV.NXT counts, and so does a RST there."""
    conn = established(bench)
    fill(conn)
    conn.app.send(b"outgoing")
    with bench.reaching("text in flight"):
        conn.expect("A", payload=b"outgoing")
    conn.send("A")
    conn.expect_silence(1.2, requirement="3.10.7.4-SEQ-ZEROWND-ACK")
    conn.send(TCP(flags="R"))
    conn.expect_state("CLOSED")
    conn.send("A")
    is_reset(conn, conn.peer.rcv.nxt)


@case("RFC9293:3.10.7.4-SEQ-ZEROWND-VALIDACK", state="ESTABLISHED")
def ack_in_a_segment_whose_text_does_not_fit(bench: Bench) -> None:
    """The target's window is closed; text at RCV.NXT is refused, the ACK it carries counts."""
    conn = established(bench)
    fill(conn)
    conn.app.send(b"outgoing")
    with bench.reaching("text in flight"):
        sent = conn.expect("A", payload=b"outgoing")
    conn.send(TCP(flags="PA", seq=conn.peer.snd.nxt) / Raw(b"?"))
    conn.expect("A", ack=conn.peer.snd.nxt, window=0)
    bench.wait(1.5)
    again = [a for a in conn.drop_arrivals() if a.segment.seq == sent.segment.seq]
    bench.check([ANY for a in again if a.segment.payload], [], "text sent again")
