"""Packet too big makes segments smaller: RFC 1191, sections 3, 5 and 6; RFC 8201, section 4."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import ANY, mss_of
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import flight, latest, segment_sizes, too_big
from tcpassay.conformance.reach import established, listener
from tcpassay.core.clock import NS_PER_S
from tcpassay.wire.ipv4 import DF, IPv4

NEEDS = ("path_mtu_discovery",)
#: What the timer brings must not come before what a message does, on a busy machine either.
PATIENT = ("rto_min_1s",)
REDUCE = "RFC1191:3-REDUCE"
FULL_FLIGHT = 4


def headers(bench: Bench) -> int:
    """Octets of the headers of IP and TCP, without options."""
    return 40 if bench.ip == 4 else 60


def full(bench: Bench) -> int:
    """Octets of text in a segment that fills the link."""
    return bench.manifest.limits.mtu - headers(bench)


def opened(bench: Bench) -> Connection:
    """A connection whose peer takes what the link carries."""
    return established(bench, mss=full(bench))


def reduced(bench: Bench, mtu: int) -> tuple[Connection, list[Arrival]]:
    """A flight of full segments is out, and the first was too big for a link of `mtu` octets."""
    conn = opened(bench)
    with bench.reaching("a flight of full segments", whole=False):
        sent = flight(conn, FULL_FLIGHT, full(bench))
    too_big(conn, mtu, sent[0])
    return conn, sent


def goes_again(conn: Connection, first: int, mtu: int, *, requirement: str) -> Arrival:
    """Text comes again from a number on, at the latest by the timer, and fits."""
    again = conn.expect("A", seq=first, payload=ANY, within=4, requirement=requirement)
    fits(conn.bench, [len(again.octets)], mtu, requirement=requirement)
    return again


def fits(bench: Bench, sizes: list[int], mtu: int, *, requirement: str | None = None) -> None:
    """No datagram is larger than `mtu` octets."""
    bench.check(max(sizes) <= mtu, True, f"datagrams up to {mtu} octets", requirement=requirement)


def sent_now(conn: Connection, octets: int) -> list[int]:
    """Sizes of the datagrams in which the application's text goes out, each acknowledged."""
    conn.app.send(bytes(octets))
    return [size + headers(conn.bench) for size in segment_sizes(conn, octets)]


@case("RFC1191:3-DF", "RFC9293:3.7.2-DF", needs=NEEDS, ip=(4,))
def every_datagram_has_df(bench: Bench) -> None:
    """Handshake, text both ways and a close; DF is set on each of the target's datagrams."""
    listener_ = listener(bench)
    conn = bench.connection()
    conn.send("S")
    seen = [conn.expect("SA", ack=conn.peer.snd.nxt)]
    conn.send("A")
    conn.app = listener_.accept()
    conn.send("PA", payload=b"text")
    seen.append(conn.expect("A", ack=conn.peer.snd.nxt))
    conn.app.send(bytes(2000))
    text = 0
    while text < 2000:
        seen.append(conn.expect("A", payload=ANY, within=3, requirement="RFC9293:3.7.2-DF"))
        text += len(seen[-1].segment.payload)
        conn.send("A")
    conn.app.shutdown("SHUT_WR")
    seen.append(conn.expect("FA"))
    clear = [arrival.n for arrival in seen if not _has_df(arrival)]
    bench.check(clear, [], "datagrams without DF")
    data = [arrival for arrival in seen if arrival.segment.payload]
    bench.check(all(map(_has_df, data)), True, "DF on text", requirement="RFC9293:3.7.2-DF")


def _has_df(arrival: Arrival) -> bool:
    ip = arrival.datagram.ip
    return isinstance(ip, IPv4) and bool(ip.flags & DF)


@case(REDUCE, needs=NEEDS, ip=(4,), rows={"1400": 1400, "1000": 1000})
def fragmentation_needed(bench: Bench, mtu: int) -> None:
    """Fragmentation needed quotes a full segment in flight; all that is sent later fits the MTU."""
    conn, _ = reduced(bench, mtu)
    conn.send("A")
    conn.drop_arrivals()
    fits(bench, sent_now(conn, 4000), mtu)


@case("RFC8201:4-PTB", needs=NEEDS, ip=(6,), rows={"1400": 1400, "1280": 1280})
def packet_too_big(bench: Bench, mtu: int) -> None:
    """Packet too big quotes a full segment in flight; it and all later ones fit the MTU."""
    conn, sent = reduced(bench, mtu)
    goes_again(conn, sent[0].segment.seq, mtu, requirement="RFC8201:4-PTB")
    conn.send("A")
    conn.drop_arrivals()
    fits(bench, sent_now(conn, 4000), mtu)


@case("RFC1191:6.4-RESEGMENT", needs=NEEDS, ip=(4,))
def whole_flight_goes_again_in_pieces(bench: Bench) -> None:
    """All of a flight was too big; it comes again from its start, each piece behind the last."""
    conn, sent = reduced(bench, 1000)
    first, end = sent[0].segment.seq, int(conn.target.snd.nxt)
    while first != end:
        piece = goes_again(conn, first, 1000, requirement="RFC1191:6.4-RESEGMENT")
        if first == sent[0].segment.seq:
            waited = (piece.t_ns - sent[0].t_ns) / NS_PER_S
            bench.measure("seconds until it goes again", round(waited, 3))
        first = (first + len(piece.segment.payload)) % 2**32
        conn.send("A", ack=first)


@case("RFC1191:6.4-ONCE", needs=NEEDS, settings=PATIENT, ip=(4,))
def burst_of_messages_repeats_text_once(bench: Bench) -> None:
    """Each segment of a flight was too big, and so are told four messages; one segment goes again.

    The first message lowers the estimate, the others tell nothing that is not known.
    """
    conn, sent = reduced(bench, 1000)
    for later in sent[1:]:
        too_big(conn, 1000, later)
    came = conn.drop_arrivals()
    starts = [arrival.segment.seq for arrival in came if arrival.segment.payload]
    bench.check(len(starts) - len(set(starts)), 0, "text that came again twice")


@case("RFC1191:6.4-SLOW-START", needs=NEEDS, settings=PATIENT, ip=(4,))
def one_segment_goes_again_at_once(bench: Bench) -> None:
    """All of a flight was too big; until an ACK comes at most one segment goes again."""
    conn, _ = reduced(bench, 1000)
    came = [arrival for arrival in conn.drop_arrivals() if arrival.segment.payload]
    bench.check(len(came) <= 1, True, "at most one segment")


@case("RFC1191:6.4-CWND", needs=(*NEEDS, "congestion_control"), settings=PATIENT, ip=(4,))
def congestion_window_stays(bench: Bench) -> None:
    """A segment of eight was too big; the next flight has no fewer segments than that one.

    Cut in half, as after a loss, the window would let out four.
    """
    conn = opened(bench)
    with bench.reaching("a flight of eight segments", whole=False):
        sent = flight(conn, 8, full(bench))
    too_big(conn, 1000, sent[0])
    conn.drop_arrivals()
    conn.send("A")
    conn.drop_arrivals()
    conn.app.send(bytes(12 * full(bench)))
    bench.wait(0.1)
    bench.check(len(conn.drop_arrivals()) >= 8, True, "eight segments or more at once")


@case("RFC1191:5-OLD-ROUTER", needs=NEEDS, ip=(4,))
def next_hop_mtu_of_zero(bench: Bench) -> None:
    """Fragmentation needed tells no MTU; segments become smaller, and not absurdly so."""
    conn, sent = reduced(bench, 0)
    goes_again(
        conn, sent[0].segment.seq, len(sent[0].octets) - 1, requirement="RFC1191:5-OLD-ROUTER"
    )
    conn.send("A")
    conn.drop_arrivals()
    sizes = sent_now(conn, 4000)
    bench.measure("octets of a datagram", max(sizes))
    fits(bench, sizes, len(sent[0].octets) - 1)
    bench.check(max(sizes) >= 68, True, "datagrams of 68 octets or more")


@case("RFC1191:3-MIN68", needs=NEEDS, ip=(4,), rows={"1": 1, "40": 40, "67": 67})
def next_hop_mtu_below_68(bench: Bench, mtu: int) -> None:
    """Fragmentation needed tells an MTU that no link has; datagrams stay at 68 octets or more."""
    conn, _ = reduced(bench, mtu)
    conn.send("A")
    conn.drop_arrivals()
    bench.check(max(sent_now(conn, 3000)) >= 68, True, "datagrams of 68 octets or more")


@case("RFC8201:4-MIN1280", needs=NEEDS, ip=(6,), rows={"0": 0, "600": 600, "1279": 1279})
def mtu_below_1280(bench: Bench, mtu: int) -> None:
    """Packet too big tells less than any link of IPv6 carries; packets stay at 1280 or more."""
    conn, _ = reduced(bench, mtu)
    conn.send("A")
    conn.drop_arrivals()
    bench.check(max(sent_now(conn, 4000)) >= 1280, True, "packets of 1280 octets or more")


@case("RFC1191:3-NO-RAISE", needs=NEEDS, ip=(4,), rows={"1400": 1400, "65535": 65535})
def fragmentation_needed_never_raises(bench: Bench, mtu: int) -> None:
    """Once segments fit 1000 octets, a message tells more; they do not grow."""
    conn, sent = reduced(bench, 1000)
    never_grows(conn, sent[0], 1000, mtu)


@case("RFC8201:4-NO-INCREASE", needs=NEEDS, ip=(6,), rows={"1400": 1400, "9000": 9000})
def packet_too_big_never_raises(bench: Bench, mtu: int) -> None:
    """Once packets fit 1300 octets, a message tells more; they do not grow."""
    conn, sent = reduced(bench, 1300)
    never_grows(conn, sent[0], 1300, mtu)


def never_grows(conn: Connection, sent: Arrival, small: int, large: int) -> None:
    """Packets fit `small` octets by now, and a message about one of them tells `large`."""
    with conn.bench.reaching("small segments", whole=False):
        conn.expect("A", seq=sent.segment.seq, payload=ANY, within=4)
        conn.send("A")
        conn.drop_arrivals()
        fits(conn.bench, sent_now(conn, 1500), small)
        conn.app.send(bytes(1500))
        conn.drop_arrivals()
        too_big(conn, large, latest(conn))
        conn.send("A")
        conn.drop_arrivals()
    fits(conn.bench, sent_now(conn, 4000), small)


@case("RFC1191:6.2-NOTIFY", "RFC1191:6.4-MSS-OPTION", needs=NEEDS, ip=(4,))
def other_connections_of_the_path(bench: Bench) -> None:
    """A message about one connection; an older one and a new one to that peer fit the MTU too.

    The MSS option of the new one tells what the peer may send, which is as much as before.
    """
    conn = opened(bench)
    with bench.reaching("two connections and a reduced path", whole=False):
        server = listener(bench, port=8081)
        other = bench.connection(port=8081)
        announced = _opens(other, full(bench))
        other.app = server.accept()
        sent = flight(conn, FULL_FLIGHT, full(bench))
        too_big(conn, 1000, sent[0])
        conn.expect("A", seq=sent[0].segment.seq, payload=ANY, within=4)
        conn.send("A")
        conn.drop_arrivals()
        fits(bench, sent_now(conn, 3000), 1000)
    fits(bench, sent_now(other, 4000), 1000)
    later = bench.connection(port=8081)
    told = _opens(later, full(bench))
    bench.check(told, announced, "MSS option", requirement="RFC1191:6.4-MSS-OPTION")
    later.app = server.accept()
    fits(bench, sent_now(later, 4000), 1000)


def _opens(conn: Connection, mss: int) -> int | None:
    """Handshake with a listener of the target's; the MSS that its SYN,ACK tells."""
    from tcpassay.wire import MaximumSegmentSize

    conn.send("S", options=(MaximumSegmentSize(mss),))
    syn_ack = conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    return mss_of(syn_ack.segment)


@case("RFC1191:6.3-INCREASE", "RFC1191:6.3-AGE", needs=NEEDS, ip=(4,), real_s=680, timing=True)
def larger_size_is_tried_later(bench: Bench) -> None:
    """4:50 after a message segments still fit the MTU; 11 minutes after it they are full again."""
    conn, sent = reduced(bench, 1000)
    with bench.reaching("small segments", whole=False):
        conn.expect("A", seq=sent[0].segment.seq, payload=ANY, within=4)
        conn.send("A")
        conn.drop_arrivals()
        fits(bench, sent_now(conn, 1500), 1000)
    bench.wait(290)
    fits(bench, sent_now(conn, 4000), 1000)
    bench.wait(370)
    largest = max(sent_now(conn, 4000))
    bench.check(largest, full(bench) + 40, "octets of a datagram", requirement="RFC1191:6.3-AGE")
