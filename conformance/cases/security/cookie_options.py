"""SYN cookies with timestamps: window scale and SACK outlive the SYN that nobody remembers."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import scale_of, stamps_of
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import latest
from tcpassay.conformance.reach import listener
from tcpassay.conformance.stamped import Clock, burst, farthest
from tcpassay.wire import NOP, MaximumSegmentSize, Option, Sack, SackPermitted, WindowScale

OPTIONS = {
    "needs": ("syn_cookies", "syn_cookie_options", "timestamps", "window_scale", "sack"),
    "settings": ("syn_cookies_always",),
    "state": "LISTEN",
}
KEPT, MONOTONE = "LINUX:SYNCOOKIES-OPTIONS", "RFC7323:5.4-TSVAL-MONOTONE"
MSS = MaximumSegmentSize(1000)


def asked(bench: Bench, *offered: Option) -> Clock:
    """A SYN with timestamps and these options, and its answer."""
    conn = bench.connection()
    clock = Clock(conn)
    conn.send("S", options=(MSS, *clock.option(tsecr=0), *offered))
    conn.expect("SA", ack=conn.peer.snd.nxt, tsecr=clock.tsval)
    return clock


def permits_sack(arrival: Arrival) -> bool:
    """Whether a SYN-ACK has SACK-permitted."""
    return any(isinstance(option, SackPermitted) for option in arrival.segment.options)


def flight(conn: Connection) -> int:
    """Octets in flight once the application has given more than any window here takes."""
    conn.app.send(b"x" * 9_000)
    return farthest(conn, burst(conn))


@case(
    KEPT,
    rows={
        "nothing": (),
        "scale": (WindowScale(7),),
        "sack": (SackPermitted(),),
        "both": (WindowScale(0), SackPermitted()),
    },
    **OPTIONS,
)
def answer_grants_what_was_offered(bench: Bench, offered: tuple[Option, ...]) -> None:
    """SYN with timestamps and some options, answered by cookie; each where it was offered."""
    listener(bench)
    answer = latest(asked(bench, *offered).conn)
    wanted = {type(option) for option in offered}
    bench.check(scale_of(answer.segment) is not None, WindowScale in wanted, "window scale")
    bench.check(permits_sack(answer), SackPermitted in wanted, "SACK-permitted")


@case(KEPT, rows={"scale": WindowScale(7), "sack": SackPermitted()}, **OPTIONS)
def nothing_without_timestamps(bench: Bench, offered: Option) -> None:
    """SYN without timestamps, answered by cookie; neither window scale nor SACK is granted."""
    listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MSS, offered))
    answer = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check(scale_of(answer.segment), None, "window scale")
    bench.check(permits_sack(answer), False, "SACK-permitted")
    bench.check(stamps_of(answer.segment), None, "timestamps")


@case(KEPT, rows={"shift_0": 0, "shift_3": 3, "shift_7": 7, "shift_14": 14}, **OPTIONS)
def windows_of_the_peer_are_scaled(bench: Bench, shift: int) -> None:
    """SYN with a shift, answered by cookie, then a window of some units; text up to its edge."""
    sock = listener(bench)
    clock = asked(bench, NOP, WindowScale(shift))
    conn = clock.conn
    units = max(1, 2_048 >> shift)
    clock.send("A", window=units)
    conn.app = sock.accept()
    sent = flight(conn)
    bench.check(sent <= units << shift, True, f"{sent} octets into a window of {units << shift}")
    enough = min(units << shift, 2_000) - 12 - 1_000
    bench.check(sent > enough, True, f"{sent} octets into a window of {units << shift}")


@case(KEPT, **OPTIONS)
def windows_are_not_scaled_unasked(bench: Bench) -> None:
    """SYN with timestamps, without a shift, answered by cookie; windows are what they say."""
    sock = listener(bench)
    clock = asked(bench)
    clock.send("A", window=2_000)
    clock.conn.app = sock.accept()
    sent = flight(clock.conn)
    bench.check(988 <= sent <= 2_000, True, f"{sent} octets into a window of 2000")


@case(KEPT, rows={"offered": True, "not_offered": False}, **OPTIONS)
def hole_is_reported(bench: Bench, offered: bool) -> None:
    """Text behind a hole, the SYN was answered by cookie; SACK blocks if the SYN permitted them."""
    sock = listener(bench)
    clock = asked(bench, *((SackPermitted(),) if offered else ()))
    conn = clock.conn
    clock.send("A")
    conn.app = sock.accept()
    at = int(conn.peer.snd.nxt)
    clock.send("PA", seq=at + 100, payload=b"behind a hole")
    ack = conn.expect("A", ack=at)
    blocks = [option.blocks for option in ack.segment.options if isinstance(option, Sack)]
    wanted = [((at + 100, at + 113),)] if offered else []
    bench.check(blocks, wanted, "SACK blocks")
    clock.send("PA", seq=at, payload=b"x" * 100)
    conn.app.recv(200, want=b"x" * 100 + b"behind a hole")


@case(MONOTONE, KEPT, **OPTIONS)
def clock_does_not_go_back(bench: Bench) -> None:
    """SYNs with all options, answered by cookie, and text; TSval never goes back."""
    sock = listener(bench)
    for _ in range(10):
        clock = asked(bench, NOP, WindowScale(14), SackPermitted())
        conn = clock.conn
        first = stamps_of(latest(conn).segment)
        clock.send("A")
        conn.app = sock.accept(requirement=KEPT)
        conn.app.send(b"x")
        text = stamps_of(conn.expect(None, payload=b"x", tsecr=clock.tsval).segment)
        before, after = (first.tsval if first else 0), (text.tsval if text else 0)
        bench.check((after - before) % 2**32 < 2**31, True, f"TSval {before}, then {after}")


@case(KEPT, rows={"first": b"at once", "none": b""}, **OPTIONS)
def text_may_bring_the_cookie(bench: Bench, text: bytes) -> None:
    """The ACK of a cookie has text or none; the connection keeps its timestamps."""
    sock = listener(bench)
    clock = asked(bench, NOP, WindowScale(7))
    clock.send("PA" if text else "A", payload=text)
    clock.conn.app = sock.accept()
    if text:
        clock.conn.app.recv(100, want=text)
    clock.conn.drop_arrivals()
    clock.send("PA", payload=b"more")
    clock.conn.app.recv(100, want=b"more")
    clock.conn.app.send(b"answer")
    clock.conn.expect(None, payload=b"answer", tsecr=clock.tsval)


@case(
    "RFC7323:3.2-UNNEGOTIATED",
    needs=("syn_cookies", "timestamps"),
    settings=("syn_cookies_always",),
    state="LISTEN",
)
def timestamps_that_the_syn_has_not_offered(bench: Bench) -> None:
    """Text with timestamps brings a cookie of a SYN without; taken, as is text with older ones."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MSS,))
    conn.expect("SA", ack=conn.peer.snd.nxt, tsecr=None)
    clock = Clock(conn)
    clock.send("PA", payload=b"at once", tsecr=0)
    conn.app = sock.accept()
    conn.app.recv(10, want=b"at once")
    conn.expect("A", ack=conn.peer.snd.nxt, tsecr=None)
    clock.tsval -= 100
    clock.send("PA", payload=b"more", tsecr=0)
    conn.app.recv(10, want=b"more")


@case("RFC7323:3.2-MISSING-DROP", **OPTIONS)
def third_segment_without_its_timestamps(bench: Bench) -> None:
    """Text brings a cookie without the timestamps agreed on; dropped, and taken with them."""
    sock = listener(bench)
    clock = asked(bench)
    conn = clock.conn
    at = int(conn.peer.snd.nxt)
    conn.send("PA", payload=b"text")
    conn.expect_silence(0.1)
    clock.send("PA", seq=at, payload=b"text")
    conn.expect("A", ack=at + 4, tsecr=clock.tsval)
    sock.accept().recv(10, want=b"text")
