"""The user time-out option: RFC 5482."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import latest
from tcpassay.conformance.reach import listener, syn_sent
from tcpassay.wire import MaximumSegmentSize, Option, UnknownOption

NEEDS = ("uto",)
ENABLED = ("user_timeout_option",)
IGNORE = "RFC5482:3-IGNORE"
KIND = 28
MSS = MaximumSegmentSize(1460)
MINUTES = 0x8000
#: Seconds; the peer advertises, or the application asks for them.
LONG, SHORT = 600, 10


def advice(field: int) -> Option:
    """The option: 15 bits of seconds, or of minutes with the bit above them."""
    return UnknownOption(KIND, field.to_bytes(2, "big"))


def advised(arrival: Arrival) -> int | None:
    """The field of the option on a segment of the target's, None without one."""
    for option in arrival.segment.options:
        if isinstance(option, UnknownOption) and option.kind == KIND:
            return int.from_bytes(option.octets, "big")
    return None


def opened(bench: Bench, field: int | None = None) -> Connection:
    """A connection on which the peer's SYN carries the option, if a field is given."""
    with bench.reaching("ESTABLISHED"):
        sock = listener(bench)
        conn = bench.connection()
        conn.send("S", options=(MSS,) if field is None else (MSS, advice(field)))
        conn.expect("SA", ack=conn.peer.snd.nxt)
        conn.send("A")
        conn.app = sock.accept()
    return conn


def seconds_to_the_end(conn: Connection, limit: float) -> float:
    """The application sends, nobody answers: after how long the connection has ended."""
    bench = conn.bench
    reading = conn.app.begin_recv(9)
    conn.app.send(b"lost")
    sent = conn.expect("A", payload=b"lost")
    bench.wait_until(lambda: reading.returned is not None, limit)
    conn.drop_arrivals()
    ended = reading.returned
    return limit if ended is None else (ended.t_ns - sent.t_ns) / 1e9


@case(
    IGNORE,
    rows={
        "seconds": advice(LONG),
        "zero": advice(0),
        "short": UnknownOption(KIND, b"\1"),
        "empty": UnknownOption(KIND, b""),
    },
)
def option_is_harmless(bench: Bench, option: Option) -> None:
    """The option, well formed or not, on a SYN and on text; all goes on as without it."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MSS, option))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    conn.app = sock.accept()
    conn.send("PA", payload=b"text", options=(option,))
    conn.expect("A", ack=conn.peer.snd.nxt)
    conn.app.recv(9, want=b"text")
    conn.app.send(b"answer")
    conn.expect("A", payload=b"answer")


@case(IGNORE, rows={"SA": "SA"}, needs=("active_open",))
def option_on_the_answer(bench: Bench, flags: str) -> None:
    """The option on the SYN,ACK to connect(), by Scapy; it opens the connection as any other."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags=flags, options=[("MSS", 1460), (KIND, b"\0\x0a")]))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    pending.expect_return(0)
    conn.send(TCP(flags="PA", options=[(KIND, b"\x80\x0a")]) / Raw(b"text"))
    conn.expect("A", ack=conn.peer.snd.nxt, payload=ANY)


@case("RFC5482:3-SYN", needs=NEEDS, settings=ENABLED, state="LISTEN")
def server_tells_its_timeout(bench: Bench) -> None:
    """With the option enabled the SYN,ACK carries it, and so does the first segment after it."""
    conn = bench.connection()
    sock = listener(bench)
    conn.send("S", options=(MSS, advice(LONG)))
    syn_ack = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check(advised(syn_ack) is not None, True, "option on the SYN,ACK")
    conn.send("A")
    conn.app = sock.accept()
    conn.app.send(b"text")
    first = conn.expect("A", payload=b"text")
    bench.check(advised(first) is not None, True, "option on the first segment")
    conn.send("A")
    conn.app.send(b"more")
    later = conn.expect("A", payload=b"more")
    bench.measure("option on a later segment", str(advised(later)))


@case("RFC5482:3-SYN", needs=("uto", "active_open"), settings=ENABLED, state="SYN-SENT")
def client_tells_its_timeout(bench: Bench) -> None:
    """With the option enabled the SYN of connect() carries it, and so does the ACK after it."""
    conn, pending = syn_sent(bench)
    bench.check(advised(latest(conn)) is not None, True, "option on the SYN")
    conn.send("SA")
    first = conn.expect("A", ack=conn.peer.snd.nxt)
    bench.check(advised(first) is not None, True, "option on the first segment")
    pending.expect_return(0)


@case("RFC5482:3-SYN", needs=NEEDS, settings=ENABLED)
def full_segment_with_the_option(bench: Bench) -> None:
    """The first segment is full; with the option in it it still fits the peer's MSS."""
    conn = opened(bench)
    conn.app.begin_send(bytes(4000))
    first = conn.expect("A", payload=ANY)
    bench.check(advised(first) is not None, True, "option on the first segment")
    headers = len(first.octets) - len(first.segment.payload)
    room = 1460 + (40 if bench.ip == 4 else 60)
    bench.check(headers + len(first.segment.payload) <= room, True, "within the MSS")


@case("RFC5482:3-CHANGED", needs=("uto", "user_timeout"), settings=ENABLED)
def new_timeout_is_told(bench: Bench) -> None:
    """The application sets TCP_USER_TIMEOUT on an open connection; the next text tells it."""
    conn = opened(bench)
    conn.app.send(b"one")
    conn.expect("A", payload=b"one")
    conn.send("A")
    conn.app.set_option("IPPROTO_TCP", "TCP_USER_TIMEOUT", 1000 * LONG)
    conn.app.send(b"two")
    told = conn.expect("A", payload=b"two")
    bench.check(advised(told), LONG, "seconds in the option")


@case("RFC5482:3-LIMITS", needs=NEEDS, settings=ENABLED, real_s=4000)
def short_advice_is_limited(bench: Bench) -> None:
    """The peer advertises 1 s and falls silent; the connection outlives any RTO."""
    bench.check(seconds_to_the_end(opened(bench, 1), 4000) > 60, True, "more than 60 s")


@case("RFC5482:3-LIMITS", needs=NEEDS, settings=ENABLED, real_s=90_000)
def long_advice_is_limited(bench: Bench) -> None:
    """The peer advertises 22 days and falls silent; the connection ends within one."""
    day = 86_400
    ended = seconds_to_the_end(opened(bench, MINUTES | 22 * 24 * 60), day)
    bench.check(ended < day, True, "less than a day")


@case(
    "RFC5482:3.1-ADJUST",
    needs=NEEDS,
    settings=ENABLED,
    real_s=700,
    timing=True,
    rows={"seconds": LONG, "minutes": MINUTES | 10},
)
def advice_on_the_syn_is_taken(bench: Bench, field: int) -> None:
    """The peer's SYN advertises 600 s, and it falls silent; the connection ends after 600 s."""
    ended = seconds_to_the_end(opened(bench, field), 2 * LONG)
    bench.check(0.98 * LONG <= ended <= 1.15 * LONG, True, "about 600 s")


@case("RFC5482:3.1-ADJUST", needs=NEEDS, settings=ENABLED, real_s=700, timing=True)
def advice_on_a_later_segment_is_taken(bench: Bench) -> None:
    """Text of the peer advertises 600 s, and it falls silent; the connection ends after 600 s."""
    conn = opened(bench)
    conn.send("PA", payload=b"text", options=(advice(LONG),))
    conn.expect("A", ack=conn.peer.snd.nxt)
    conn.app.recv(9, want=b"text")
    ended = seconds_to_the_end(conn, 2 * LONG)
    bench.check(0.98 * LONG <= ended <= 1.15 * LONG, True, "about 600 s")


@case(
    "RFC5482:3.1-CHANGEABLE",
    needs=("uto", "user_timeout"),
    settings=ENABLED,
    real_s=20,
    rows={"before": False, "after": True},
)
def applications_timeout_stands(bench: Bench, late: bool) -> None:
    """The application sets 10 s, the peer advertises 600 s before or after; 10 s it is."""
    conn = opened(bench, None if late else LONG)
    conn.app.set_option("IPPROTO_TCP", "TCP_USER_TIMEOUT", 1000 * SHORT)
    if late:
        conn.send("PA", payload=b"text", options=(advice(LONG),))
        conn.expect("A", ack=conn.peer.snd.nxt)
        conn.app.recv(9, want=b"text")
    ended = seconds_to_the_end(conn, LONG)
    bench.check(0.9 * SHORT <= ended <= 2 * SHORT, True, "about 10 s")


@case("RFC5482:3.4-ZERO", needs=NEEDS, settings=ENABLED, real_s=700)
def zero_is_not_taken(bench: Bench) -> None:
    """After 600 s the peer advertises zero, and falls silent; the connection ends after 600 s."""
    conn = opened(bench, LONG)
    conn.send("PA", payload=b"text", options=(advice(0),))
    conn.expect("A", ack=conn.peer.snd.nxt)
    conn.app.recv(9, want=b"text")
    ended = seconds_to_the_end(conn, 2 * LONG)
    bench.check(0.98 * LONG <= ended <= 1.15 * LONG, True, "about 600 s")


@case("RFC5482:3.4-ZERO", needs=("uto", "user_timeout"), settings=ENABLED)
def zero_is_not_sent(bench: Bench) -> None:
    """The application sets TCP_USER_TIMEOUT to a millisecond; the option does not tell zero."""
    conn = opened(bench)
    conn.app.set_option("IPPROTO_TCP", "TCP_USER_TIMEOUT", 1)
    conn.app.send(b"text")
    told = advised(conn.expect("A", payload=b"text"))
    bench.check(told not in (0, MINUTES), True, "no zero in the option")


@case("RFC5482:4.2-KEEPALIVE", needs=("uto", "keepalive"), settings=ENABLED, real_s=700)
def keepalive_waits_for_longer(bench: Bench) -> None:
    """Keep-alives after 10 s are on and the peer has advertised 600 s; no probe before that."""
    conn = opened(bench, LONG)
    for name, value in (("TCP_KEEPIDLE", SHORT), ("TCP_KEEPINTVL", SHORT)):
        conn.app.set_option("IPPROTO_TCP", name, value)
    conn.app.set_option("SOL_SOCKET", "SO_KEEPALIVE", 1)
    conn.send("PA", payload=b"text")
    conn.expect("A", ack=conn.peer.snd.nxt)
    conn.expect_silence(LONG - 1)
    conn.expect("A", seq=conn.target.snd.nxt - 1, payload=ANY, within=3 * LONG)
