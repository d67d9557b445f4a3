"""Protection against wrapped sequence numbers: RFC 7323, section 5."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY, Pattern, stamps_of
from tcpassay.conformance.reach import app_closes, established, listener
from tcpassay.conformance.stamped import FIRST_STAMP, Clock, half_open, stamped
from tcpassay.wire import RST

SECTION = "5"

DAY = 86_400.0


def refused(
    clock: Clock, flags: str, age: int, text: bytes = b"", requirement: str = "5.3-R1"
) -> None:
    """A segment in turn, `age` ticks older than TS.Recent, is acknowledged and not taken."""
    conn = clock.conn
    first = conn.peer.snd.nxt
    clock.send(flags, payload=text, seq=int(first), tsval=clock.tsval - age)
    conn.expect("A", seq=conn.target.snd.nxt, ack=first, requirement=requirement)
    conn.expect_silence(requirement=requirement)


def taken(clock: Clock, text: bytes = b"good", requirement: str | None = None) -> None:
    """Text in turn with the clock as it is is acknowledged and delivered."""
    conn = clock.conn
    sent = clock.send("PA", payload=text)
    conn.app.recv(len(text) + 10, want=text, requirement=requirement)
    conn.expect("A", ack=sent.seq + len(text), requirement=requirement)


@case(
    "RFC7323:5.3-R1",
    rows={"ticks_50": 50, "ticks_1000": 1000, "half_the_circle": 2**31 - 1},
    needs=("timestamps",),
    state="ESTABLISHED",
)
def text_with_an_old_timestamp(bench: Bench, age: int) -> None:
    """Text in turn older than TS.Recent; an ACK comes, and it is not delivered."""
    clock = stamped(bench)
    reading = clock.conn.app.begin_recv(100)
    refused(clock, "PA", age, b"old")
    reading.expect_blocked()
    clock.send("PA", payload=b"good")
    reading.expect_return(octets=b"good")


@case("RFC7323:5.3-R1", needs=("timestamps",), state="ESTABLISHED")
def text_with_the_same_timestamp(bench: Bench) -> None:
    """Text as old as TS.Recent, again and again; it is taken."""
    clock = stamped(bench)
    for text in (b"one", b"two", b"three"):
        taken(clock, text)


@case("RFC7323:5.3-R1", needs=("timestamps",), state="ESTABLISHED", measures=True)
def text_one_tick_old(bench: Bench) -> None:
    """Text one tick older than TS.Recent; whether it is taken is recorded."""
    clock = stamped(bench)
    conn = clock.conn
    first = conn.peer.snd.nxt
    clock.send("PA", payload=b"old", seq=int(first), tsval=FIRST_STAMP - 1)
    which, _ = conn.expect_one_of(Pattern("A", ack=first), Pattern("A", ack=first + 3))
    bench.measure("text one tick old", ("refused", "taken")[which])


@case(
    "RFC7323:5.3-R1",
    rows={state: state for state in ("FIN-WAIT-1", "FIN-WAIT-2")},
    needs=("timestamps",),
)
def old_text_after_our_fin(bench: Bench, state: str) -> None:
    """Text older than TS.Recent once the application has closed its direction; it is refused."""
    clock = stamped(bench)
    conn = clock.conn
    with bench.reaching(state):
        app_closes(conn)
        if state == "FIN-WAIT-2":
            clock.send("A")
    refused(clock, "PA", 1000, b"old")
    conn.expect_state(state)
    clock.send("PA", payload=b"good")
    conn.app.recv(10, want=b"good")


@case("RFC7323:5.3-R1", needs=("timestamps",), state="SYN-RECEIVED")
def third_segment_with_an_old_timestamp(bench: Bench) -> None:
    """The ACK that would open is older than the SYN; the connection stays in SYN-RECEIVED."""
    listener(bench)
    clock = half_open(bench)
    conn = clock.conn
    echo = clock.newest()
    clock.send("A", tsval=FIRST_STAMP - 1000)
    for arrival in conn.drop_arrivals():
        bench.check(arrival.segment.flags & RST, 0, "RST")
    conn.expect_state("SYN-RECEIVED")
    clock.send("A", tsecr=echo)
    conn.expect_state("ESTABLISHED")


@case("RFC7323:5.3-R1", "RFC5961:4.2-SYN", needs=("timestamps",), state="ESTABLISHED")
def syn_with_an_old_timestamp(bench: Bench) -> None:
    """A SYN older than TS.Recent on an open connection; an ACK comes back, and it stays open."""
    clock = stamped(bench)
    refused(clock, "S", 1000)
    taken(clock, requirement="4.2-SYN")


@case(
    "RFC7323:5.3-PRECEDENCE",
    rows={"left": -1000, "far_left": -(2**30), "right": 100_000},
    needs=("timestamps",),
    state="ESTABLISHED",
)
def old_and_outside_the_window(bench: Bench, offset: int) -> None:
    """Text both older than TS.Recent and outside the window; one ACK comes, with the old echo."""
    clock = stamped(bench)
    conn = clock.conn
    wrong = int(conn.peer.snd.nxt + offset)
    clock.send("PA", payload=b"old", seq=wrong, tsval=FIRST_STAMP - 1000)
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, tsecr=FIRST_STAMP)
    conn.expect_silence()
    taken(clock)


@case(
    "RFC7323:5.3-R3",
    rows={"ahead": (100, "PA"), "outside": (100_000, "PA"), "reset_in_window": (10, "R")},
    needs=("timestamps",),
    state="ESTABLISHED",
)
def newer_segment_out_of_turn(bench: Bench, row: tuple[int, str]) -> None:
    """A much newer segment out of turn, then text one tick newer in turn; the latter is taken."""
    ahead, flags = row
    if flags == "R":
        bench.need("rfc5961")  # else it ends the connection
    clock = stamped(bench)
    conn = clock.conn
    text = b"early" if flags == "PA" else b""
    stamp = FIRST_STAMP + 1000
    clock.send(flags, payload=text, seq=int(conn.peer.snd.nxt + ahead), tsval=stamp)
    conn.drop_arrivals()
    clock.tsval += 1
    taken(clock)


@case("RFC7323:5.3-WRAP", needs=("timestamps",), state="ESTABLISHED")
def clock_goes_past_zero(bench: Bench) -> None:
    """The peer's clock wraps; text is taken on both sides, and what is from before is old."""
    clock = stamped(bench, tsval=2**32 - 16)
    for step in (0, 15, 1, 1000):
        clock.tsval += step
        taken(clock)
    refused(clock, "PA", 1010, b"old", "5.3-WRAP")
    taken(clock)


@case("RFC7323:5.3-WRAP", needs=("timestamps",), state="ESTABLISHED")
def clock_goes_past_the_half(bench: Bench) -> None:
    """The peer's clock passes 2^31; text is taken on both sides of it."""
    clock = stamped(bench, tsval=2**31 - 16)
    for step in (0, 15, 1, 1000):
        clock.tsval += step
        taken(clock)
    refused(clock, "PA", 1010, b"old", "5.3-WRAP")


@case("RFC7323:5.3-QUEUED-ONCE", needs=("timestamps",), state="ESTABLISHED")
def queued_text_is_not_judged_again(bench: Bench) -> None:
    """Text waits behind a hole and the filler is newer; all of it is taken."""
    clock = stamped(bench)
    conn = clock.conn
    first = conn.peer.snd.nxt
    clock.send("PA", payload=b"late!", seq=int(first + 5))
    conn.expect("A", ack=first)
    clock.send("PA", payload=b"early", seq=int(first), tsval=FIRST_STAMP + 1000)
    conn.expect("A", ack=first + 10)
    conn.app.recv(20, want=b"earlylate!")


@case("RFC7323:5.3-PURE-ACK", needs=("timestamps",), state="ESTABLISHED")
def old_ack_of_the_targets_text(bench: Bench) -> None:
    """Text of the target's is acknowledged by a segment older than TS.Recent; it is sent again."""
    clock = stamped(bench)
    conn = clock.conn
    conn.app.send(b"text")
    sent = conn.expect("A", payload=b"text")
    clock.send("A", tsval=FIRST_STAMP - 1000)
    conn.drop_arrivals()
    bench.wait(0.05)
    again = conn.expect_one_of(Pattern("A", seq=sent.segment.seq, payload=b"text"), within=4)[1]
    clock.send("A")
    bench.check(again.segment.ack, int(conn.peer.snd.nxt), "ACK")


@case("RFC7323:5.3-FIN", needs=("timestamps",), state="ESTABLISHED")
def old_fin(bench: Bench) -> None:
    """A FIN older than TS.Recent; the ACK does not count it, and the connection stays open."""
    clock = stamped(bench)
    refused(clock, "FA", 1000, requirement="5.3-FIN")
    clock.conn.expect_state("ESTABLISHED")
    taken(clock)


@case(
    "RFC7323:5.2-RST-NO-PAWS",
    rows={"old": -1000, "half_the_circle": -(2**31 - 1), "no_option": None},
    needs=("timestamps",),
    state="ESTABLISHED",
)
def reset_with_an_old_timestamp(bench: Bench, age: int | None) -> None:
    """A RST at RCV.NXT, older than TS.Recent or without the option; the connection is reset."""
    clock = stamped(bench)
    conn = clock.conn
    if age is None:
        conn.send(TCP(flags="R"))
    else:
        conn.send(TCP(flags="R", options=clock.scapy(FIRST_STAMP + age, 0)))
    conn.expect_silence()
    conn.app.recv(10, errno="ECONNRESET")
    conn.expect_state("CLOSED")


@case(
    "RFC7323:5.2-RST-REPLY-TS",
    rows={"ack": ("A", b""), "text": ("PA", b"text"), "syn": ("S", b"")},
    needs=("timestamps",),
    state="CLOSED",
)
def reset_that_answers_a_stamped_segment(bench: Bench, row: tuple[str, bytes]) -> None:
    """A segment with timestamps to a closed port; the RST echoes its TSval and has a TSval of 0."""
    flags, text = row
    clock = Clock(bench.connection(port=4))
    conn = clock.conn
    ack = 12345 if "A" in flags else 0
    conn.send(TCP(flags=flags, ack=ack, options=clock.scapy(tsecr=77)) / Raw(text))
    answer = conn.expect_one_of(Pattern("R"), Pattern("RA"))[1]
    stamps = stamps_of(answer.segment)
    bench.check(stamps and (stamps.tsval, stamps.tsecr), (0, FIRST_STAMP), "TSval and TSecr")


@case(
    "RFC7323:5.5-24DAYS",
    rows={"older": -1000, "far_older": -(2**30)},
    needs=("timestamps",),
    state="ESTABLISHED",
    real_s=25 * DAY,
)
def text_after_25_idle_days(bench: Bench, age: int) -> None:
    """The connection was idle for 25 days; TS.Recent means nothing, and older text is taken."""
    clock = stamped(bench)
    bench.wait(25 * DAY)
    clock.tsval = (clock.tsval + age) % 2**32
    taken(clock)
    clock.tsval += 1
    taken(clock)


@case("RFC7323:5.3-R1", needs=("timestamps",), state="ESTABLISHED", real_s=23 * DAY)
def text_after_23_idle_days(bench: Bench) -> None:
    """The connection was idle for 23 days; TS.Recent is still valid, and older text is refused."""
    clock = stamped(bench)
    bench.wait(23 * DAY)
    refused(clock, "PA", 1000, b"old")
    taken(clock)


@case("RFC7323:3.2-UNNEGOTIATED", state="ESTABLISHED")
def no_paws_without_agreement(bench: Bench) -> None:
    """Timestamps that go back on a connection that has not agreed on them; all text is taken."""
    conn = established(bench)
    clock = Clock(conn)
    for step in (0, -1000, -(2**31 - 1)):
        clock.tsval = (clock.tsval + step) % 2**32
        conn.send(TCP(flags="PA", options=clock.scapy(tsecr=0)) / Raw(b"text"))
        conn.app.recv(10, want=b"text")
        conn.expect("A", ack=conn.peer.snd.nxt, payload=ANY)
