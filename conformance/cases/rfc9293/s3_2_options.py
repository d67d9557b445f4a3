"""Option formats: RFC 9293, section 3.2."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY, mss_of
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import serves
from tcpassay.conformance.reach import listener
from tcpassay.wire import Timestamps, WindowScale

SECTION = "3.2"

MSS_500 = b"\x02\x04\x01\xf4"
TIMESTAMPS = b"\x08\x0a\x00\x00\x04\xd2\x00\x00\x00\x00"
NOP = b"\x01"


def syn_with_options(conn: Connection, area: bytes) -> None:
    """Send a SYN whose option area is `area` as it is, a multiple of four octets."""
    conn.send(TCP(flags="S", dataofs=5 + len(area) // 4) / Raw(area))


@case(
    "RFC9293:MUST-64",
    rows={"at_1": NOP, "at_2": NOP * 2, "at_3": NOP * 3, "behind_three": b"\xfd\x03\x00"},
    state="LISTEN",
)
def mss_at_any_place_is_read(bench: Bench, before: bytes) -> None:
    """SYN with MSS 500 off its 32-bit boundary; it opens, and no segment is larger."""
    sock = listener(bench)
    conn = bench.connection()
    syn_with_options(conn, before + MSS_500 + NOP * (-len(before) % 4))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    sock.accept().send(bytes(1000))
    first = conn.expect("A", payload=ANY)
    bench.check(len(first.segment.payload) <= 500, True, "first segment at most 500")


@case("RFC9293:MUST-64", needs=("timestamps", "window_scale"), state="LISTEN")
def unaligned_options_are_all_read(bench: Bench) -> None:
    """SYN with window scale, timestamps and MSS back to back, unaligned; each is answered."""
    listener(bench)
    conn = bench.connection()
    syn_with_options(conn, b"\x03\x03\x02" + TIMESTAMPS + MSS_500 + NOP * 3)
    options = conn.expect("SA", ack=conn.peer.snd.nxt).segment.options
    echoed = [o.tsecr for o in options if isinstance(o, Timestamps)]
    bench.check(echoed, [1234], "TSecr")
    bench.check(any(isinstance(o, WindowScale) for o in options), True, "window scale answered")


@case(
    "RFC9293:3.2-OPTION-WRONG-LEN",
    rows={
        "mss_3": b"\x02\x03\x05\x01",
        "mss_2": b"\x02\x02\x01\x01",
        "mss_6": b"\x02\x06\x05\xb4\x00\x00\x01\x01",
        "window_scale_2": b"\x03\x02\x01\x01",
        "window_scale_4": b"\x03\x04\x02\x02",
        "sack_permitted_3": b"\x04\x03\x00\x01",
        "timestamps_8": b"\x08\x08\x00\x00\x00\x01\x00\x00",
        "timestamps_12": b"\x08\x0c" + bytes(10),
        "sack_9": b"\x05\x09" + bytes(7) + NOP * 3,
    },
    state="LISTEN",
)
def known_option_of_a_wrong_length_is_harmless(bench: Bench, area: bytes) -> None:
    """SYN with a known option whose length is not its own; dropped or opened, and no harm."""
    sock = listener(bench)
    conn = bench.connection()
    syn_with_options(conn, area)
    if conn.drop_arrivals():
        conn.send("A")
        sock.accept().send(b"open")
        conn.expect("A", payload=b"open")
    serves(sock)


@case(
    "RFC9293:3.2-DUP-OPTIONS",
    rows={
        "mss": MSS_500 + b"\x02\x04\x02\x58",
        "window_scale": b"\x03\x03\x02\x03\x03\x07\x01\x01",
        "timestamps": TIMESTAMPS + TIMESTAMPS,
        "sack_permitted": b"\x04\x02\x04\x02",
    },
    state="LISTEN",
)
def option_given_twice_is_harmless(bench: Bench, area: bytes) -> None:
    """SYN with one option twice; it opens or is refused, and the listener goes on."""
    sock = listener(bench)
    conn = bench.connection()
    syn_with_options(conn, area)
    for arrival in conn.drop_arrivals():
        bench.note(f"answered, MSS {mss_of(arrival.segment)}")
    serves(sock)
