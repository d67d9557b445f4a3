"""Where timestamps stand and what they hold: RFC 7323, section 3.2."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY, Pattern, stamps_of
from tcpassay.conformance.probes import latest
from tcpassay.conformance.reach import established, listener, syn_sent
from tcpassay.conformance.stamped import FIRST_STAMP, Clock, burst, half_open, stamped
from tcpassay.wire import NOP, RST, MaximumSegmentSize, Option, Timestamps, WindowScale

SECTION = "3.2"

MSS = MaximumSegmentSize(1460)


def all_stamped(bench: Bench) -> bool:
    """Whether every segment of the trace that has come, but resets, carries timestamps."""
    from tcpassay.wire import Segment, parse

    segments = [parse(e.data).body for e in bench.trace.entries if e.kind == "receive"]
    return all(
        stamps_of(segment) is not None or segment.flags & RST
        for segment in segments
        if isinstance(segment, Segment)
    )


@case("RFC7323:3.2-SYN", needs=("timestamps",), state="SYN-SENT", measures=True)
def timestamps_in_the_syn(bench: Bench) -> None:
    """connect(); whether its SYN carries timestamps is recorded."""
    conn, _ = syn_sent(bench)
    carries = stamps_of(latest(conn).segment) is not None
    bench.measure("timestamps in the SYN", "yes" if carries else "no")
    bench.check(carries, True, "timestamps in the SYN")


@case("RFC7323:3.2-TSECR-ZERO", needs=("timestamps",), state="SYN-SENT")
def echo_of_the_syn(bench: Bench) -> None:
    """connect(); its SYN, which acknowledges nothing, echoes 0, also when it is sent again."""
    conn, _ = syn_sent(bench)
    first = stamps_of(latest(conn).segment)
    bench.check(first is not None and first.tsecr, 0, "TSecr")
    conn.expect("S", seq=conn.target.iss, tsecr=0, within=8)


@case(
    "RFC7323:3.2-SYNACK-ONLY-IF",
    rows={"mss": (MSS,), "window_scale": (MSS, NOP, WindowScale(2)), "nop": (NOP, NOP, NOP, NOP)},
    state="LISTEN",
)
def syn_without_timestamps(bench: Bench, options: tuple[Option, ...]) -> None:
    """A SYN without timestamps; neither the SYN-ACK nor what follows has them."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", options=options)
    conn.expect("SA", ack=conn.peer.snd.nxt, tsecr=None)
    conn.send("A")
    sock.accept().send(b"text")
    conn.expect("A", payload=b"text", tsecr=None)


@case("RFC7323:3.2-SYNACK-ONLY-IF", settings=("no_timestamps",), state="LISTEN")
def timestamps_turned_off(bench: Bench) -> None:
    """A target told to use no timestamps is offered them; the SYN-ACK and the text have none."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MSS, NOP, NOP, Timestamps(5, 0)))
    conn.expect("SA", ack=conn.peer.snd.nxt, tsecr=None)
    conn.send("A")
    sock.accept().send(b"text")
    conn.expect("A", payload=b"text", tsecr=None)


@case(
    "RFC7323:3.2-SYNACK-ECHO",
    rows={"one": 1, "zero": 0, "largest": 2**32 - 1, "half": 2**31},
    needs=("timestamps",),
    state="LISTEN",
)
def syn_ack_echoes_the_syn(bench: Bench, tsval: int) -> None:
    """A SYN with that TSval; the SYN-ACK echoes it, and so does the text that follows."""
    sock = listener(bench)
    clock = Clock(bench.connection(), tsval)
    clock.conn.send(
        TCP(flags="S", options=[("MSS", 1460), ("SAckOK", b""), *clock.scapy(tsecr=0)[1:]])
    )
    clock.conn.expect("SA", ack=clock.conn.peer.snd.nxt, tsecr=tsval)
    clock.send("A")
    sock.accept().send(b"text")
    clock.conn.expect("A", payload=b"text", tsecr=tsval)


@case("RFC7323:3.2-SYNACK-ECHO", needs=("timestamps",), state="SYN-RECEIVED")
def second_syn(bench: Bench) -> None:
    """The SYN comes again 7 ticks later; what answers echoes the one or the other."""
    listener(bench)
    clock = half_open(bench)
    conn = clock.conn
    clock.send("S", seq=conn.peer.iss, tsval=FIRST_STAMP + 7, tsecr=0)
    conn.expect_one_of(
        *(
            Pattern(flags, ack=conn.peer.snd.nxt, tsecr=tsecr)
            for flags in ("SA", "A")
            for tsecr in (FIRST_STAMP, FIRST_STAMP + 7)
        ),
        within=4,
    )


@case(
    "RFC7323:3.2-TSECR-IGNORE",
    rows={"one": 1, "largest": 2**32 - 1, "middle": 0x80000001},
    state="LISTEN",
)
def echo_in_a_syn(bench: Bench, tsecr: int) -> None:
    """A SYN whose TSecr is not zero; the connection opens as any other, and text flows."""
    sock = listener(bench)
    clock = Clock(bench.connection())
    conn = clock.conn
    conn.send(TCP(flags="S", options=[("MSS", 1460), *clock.scapy(tsecr=tsecr)]))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    clock.send("A")
    sock.accept().send(b"text")
    conn.expect("A", payload=b"text")


@case(
    "RFC7323:3.2-ALWAYS",
    rows={"listen": "listen", "connect": "connect"},
    needs=("timestamps",),
    state="ESTABLISHED",
)
def every_segment_is_stamped(bench: Bench, way: str) -> None:
    """Text both ways, a hole, a repetition and both FINs; every segment carries timestamps."""
    clock = stamped(bench, "connect" if way == "connect" else "listen")
    conn = clock.conn
    clock.send("PA", payload=b"early", seq=int(conn.peer.snd.nxt + 3))
    conn.expect("A", ack=conn.peer.snd.nxt, tsecr=FIRST_STAMP)
    clock.send("PA", payload=b"the")
    conn.peer.snd.nxt = conn.peer.snd.nxt + 5
    conn.expect("A", ack=conn.peer.snd.nxt, tsecr=FIRST_STAMP)
    conn.app.send(b"lost")
    conn.expect("A", payload=b"lost", tsecr=FIRST_STAMP)
    conn.expect("A", seq=conn.target.snd.una, payload=b"lost", within=4)
    clock.send("A")
    conn.app.shutdown()
    conn.expect("FA", tsecr=FIRST_STAMP)
    clock.send("FA")
    conn.expect("A", ack=conn.peer.snd.nxt, tsecr=FIRST_STAMP)
    bench.check(all_stamped(bench), True, "every segment carries timestamps")


@case("RFC7323:3.2-ALWAYS", needs=("timestamps",), state="ESTABLISHED")
def probe_is_stamped(bench: Bench) -> None:
    """The peer closes its window; the target's probes carry timestamps as well."""
    clock = stamped(bench)
    clock.send("PA", payload=b".")
    clock.conn.expect("A", ack=clock.conn.peer.snd.nxt, within=0.6)
    clock.send("A", window=0)
    clock.conn.app.send(b"waits")
    clock.conn.expect("A", payload=ANY, tsecr=FIRST_STAMP, within=4)
    bench.check(all_stamped(bench), True, "every segment carries timestamps")


@case("RFC7323:3.2-TSECR-ECHO", needs=("timestamps",), state="ESTABLISHED")
def newest_timestamp_is_echoed(bench: Bench) -> None:
    """Text in turn with ever newer timestamps; what acknowledges it echoes each."""
    clock = stamped(bench)
    conn = clock.conn
    for step in (1, 10, 1000, 2**30):
        clock.tsval += step
        conn.app.send(b"ping")
        conn.expect("A", payload=b"ping")
        sent = clock.send("PA", payload=b"pong")
        conn.expect("A", ack=sent.seq + 4, tsecr=clock.tsval)


@case(
    "RFC7323:3.2-TSECR-ECHO",
    rows={
        "no_padding": b"%b\x01\x01",
        "behind_one": b"\x01%b\x01",
        "behind_unknown": b"\xfd\x04ab\x01\x01%b",
        "before_the_end": b"%b\x00\x00",
        "behind_six": b"\x01\x01\x01\x01\x01\x01%b",
        "between_unknown": b"\xfd\x03a%b\xfe\x05abc\x01\x01",
    },
    needs=("timestamps",),
    state="ESTABLISHED",
)
def option_at_an_odd_place(bench: Bench, layout: bytes) -> None:
    """Timestamps at an unusual place; the text counts, and the time is echoed."""
    clock = stamped(bench)
    conn = clock.conn
    newer = FIRST_STAMP + 50
    option = b"\x08\x0a" + newer.to_bytes(4, "big") + clock.newest().to_bytes(4, "big")
    area = layout.replace(b"%b", option)
    conn.send(TCP(flags="PA", dataofs=5 + len(area) // 4) / Raw(area + b"text"))
    conn.expect("A", ack=conn.peer.snd.nxt, tsecr=newer)
    conn.app.recv(10, want=b"text")


@case(
    "RFC7323:3.2-MISSING-DROP",
    "RFC7323:3.2-MISSING-NOABORT",
    rows={"text": ("PA", b"bare"), "fin": ("FA", b""), "text_and_fin": ("FPA", b"bare")},
    needs=("timestamps",),
    state="ESTABLISHED",
)
def segment_without_timestamps(bench: Bench, row: tuple[str, bytes]) -> None:
    """A segment without the agreed option; it is dropped in silence, and the connection goes on."""
    clock = stamped(bench)
    conn = clock.conn
    flags, text = row
    first = conn.peer.snd.nxt
    conn.send(TCP(flags=flags, seq=first) / Raw(text) if text else TCP(flags=flags, seq=first))
    conn.expect_silence(0.3)
    conn.expect_state("ESTABLISHED", requirement="3.2-MISSING-NOABORT")
    clock.send("PA", payload=b"good", seq=first)
    conn.expect("A", ack=first + 4, requirement="3.2-MISSING-NOABORT")
    conn.app.recv(10, want=b"good", requirement="3.2-MISSING-NOABORT")


@case("RFC7323:3.2-MISSING-DROP", needs=("timestamps",), state="ESTABLISHED")
def ack_without_timestamps(bench: Bench) -> None:
    """Text of the target's is acknowledged without the agreed option; it is sent again."""
    clock = stamped(bench)
    conn = clock.conn
    conn.app.send(b"text")
    sent = conn.expect("A", payload=b"text")
    conn.send(TCP(flags="A"))
    conn.expect("A", seq=sent.segment.seq, payload=b"text", within=4)


@case("RFC7323:3.2-MISSING-NOABORT", needs=("timestamps",), state="SYN-RECEIVED")
def third_segment_without_timestamps(bench: Bench) -> None:
    """The ACK that would open lacks the option; nothing is reset, and the next with it opens."""
    sock = listener(bench)
    clock = half_open(bench)
    clock.conn.send("A")
    for arrival in clock.conn.drop_arrivals():
        bench.check(arrival.segment.flags & RST, 0, "RST")
    clock.send("PA", payload=b"good")
    sock.accept().recv(10, want=b"good")


@case(
    "RFC7323:3.2-UNNEGOTIATED",
    rows={"usual": 0, "older_each_time": -100},
    state="ESTABLISHED",
)
def timestamps_that_were_not_agreed(bench: Bench, step: int) -> None:
    """Text with timestamps on a connection without; it is taken, and the ACK has none."""
    conn = established(bench)
    clock = Clock(conn)
    for _ in range(3):
        conn.app.send(b"ping")
        conn.expect("A", payload=b"ping", tsecr=None)
        conn.send(TCP(flags="PA", options=clock.scapy()) / Raw(b"pong"))
        conn.expect("A", ack=conn.peer.snd.nxt, tsecr=None)
        conn.app.recv(10, want=b"pong")
        clock.tsval += step


@case("RFC7323:3.2-UNNEGOTIATED", needs=("timestamps",), state="SYN-SENT")
def syn_ack_without_timestamps(bench: Bench) -> None:
    """connect() offers timestamps and the SYN-ACK has none; later ones are ignored, none sent."""
    conn, pending = syn_sent(bench)
    conn.send("SA", options=(MSS,))
    conn.expect("A", ack=conn.peer.snd.nxt, tsecr=None)
    pending.expect_return(0)
    conn.send(TCP(flags="PA", options=Clock(conn).scapy()) / Raw(b"text"))
    conn.app.recv(10, want=b"text")
    conn.app.send(b"more")
    conn.expect("A", payload=b"more", tsecr=None)


@case(
    "RFC7323:3.2-RST-TS",
    rows={"linger": "linger", "unread": "unread"},
    needs=("timestamps", "linger"),
    state="ESTABLISHED",
)
def reset_of_an_abort(bench: Bench, why: str) -> None:
    """The application aborts a connection with timestamps; the RST carries them."""
    clock = stamped(bench)
    conn = clock.conn
    if why == "linger":
        conn.app.set_linger(0)
    else:
        clock.send("PA", payload=b"unread")
        bench.wait(0.3)
        conn.drop_arrivals()
    conn.app.close()
    reset = conn.expect_one_of(Pattern("RA", tsecr=ANY), Pattern("R", tsecr=ANY))[1]
    bench.check(stamps_of(reset.segment) is not None, True, "timestamps in the RST")


@case("RFC6691:2-DATA-REDUCED", needs=("timestamps",), state="ESTABLISHED")
def timestamps_go_off_the_text(bench: Bench) -> None:
    """MSS 1460 with timestamps agreed; text and options together are at most 1460 octets."""
    clock = stamped(bench)
    clock.conn.app.send(bytes(4344))
    sizes = [len(a.segment.payload) for a in burst(clock.conn)]
    bench.check(max(sizes) <= 1448, True, "at most 1448 octets of text")
    bench.measure("octets of text", max(sizes))


@case("RFC6691:2-MSS-FIXED", needs=("timestamps",), state="LISTEN", ip=(4,))
def mss_beside_timestamps(bench: Bench) -> None:
    """A SYN with timestamps; the SYN-ACK's MSS is the MTU less the fixed headers."""
    listener(bench)
    clock = Clock(bench.connection())
    clock.conn.send("S", options=(MSS, *clock.option(tsecr=0)))
    clock.conn.expect("SA", mss=bench.manifest.limits.mtu - 40)
