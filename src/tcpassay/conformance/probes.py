"""What cases ask of a target beyond one segment: whether it lives, how it cuts its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tcpassay import wire
from tcpassay.conformance.layers import ICMP, IP, TCP, ICMPv6PacketTooBig, IPv6, Raw
from tcpassay.conformance.match import ANY, Pattern
from tcpassay.conformance.outcome import Inconclusive, Unsupported
from tcpassay.conformance.reach import listener, syn_sent

if TYPE_CHECKING:
    from scapy.packet import Packet

    from tcpassay.conformance.app import Pending, Socket
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Arrival, Connection
    from tcpassay.conformance.reach import Way
    from tcpassay.wire import Option, Segment

Limit = Literal["max_connections", "rcv_buffer", "ooo_queue", "snd_buffer"]

ALIVE = b"alive"
#: Far more than the queues of listeners hold whose backlog is a few.
MANY = 40
#: Segments after which any receive buffer that manifests declare is full.
ENOUGH = 400
#: Codepoints of RFC 3168, section 5.
NOT_ECT, ECT_1, ECT_0, CE = range(4)
#: Addresses of no host on the link, for documentation (RFC 5737, RFC 3849).
FOREIGN = {4: "203.0.113.7", 6: "2001:db8:ffff::7"}


def needs_limit(bench: Bench, name: Limit, least: int) -> None:
    """Unsupported where the manifest's limit is smaller than what the case takes."""
    has: int = getattr(bench.manifest.limits, name)
    if has < least:
        msg = f"the case takes {least}, and limits.{name} is {has}"
        raise Unsupported(msg)


def serves(listener: Socket, *, requirement: str | None = None) -> Connection:
    """A clean handshake from a new port has to succeed, accept() to give it, and data to flow.

    Judged, unlike the helpers of `reach`: a listener that fails here is the target's fault.
    """
    conn = listener.app.bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt, requirement=requirement)
    conn.send("A")
    conn.app = listener.accept(requirement=requirement)
    conn.send("PA", payload=ALIVE)
    conn.app.recv(len(ALIVE), want=ALIVE, requirement=requirement)
    return conn


def is_reset(conn: Connection, seq: int, *, requirement: str | None = None) -> Arrival:
    """The next segment has to be a RST of this number, bare or with an ACK field.

    For what a reset shows: that there is no connection. Nobody looks at the ACK field of one
    outside of SYN-SENT (RFC 9293, 3.10.7.4); cases about its form ask for "R" or "RA".
    """
    bare, with_ack = Pattern("R", seq=seq), Pattern("RA", seq=seq)
    return conn.expect_one_of(bare, with_ack, requirement=requirement)[1]


def reset_ends_time_wait(conn: Connection, requirement: str, *, measure: str = "") -> None:
    """In TIME-WAIT a RST has come: a repeated FIN has to find no connection.

    That the wait goes on is a variant, which RFC 1337 (3, F1) proposes: a deviation. Which of the
    two it is goes on record as `measure`, where that is given.
    """
    conn.send("FA", seq=conn.peer.snd.nxt - 1)
    which, _ = conn.expect_one_of(
        Pattern("R", seq=conn.peer.rcv.nxt),
        Pattern("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt),
        Pattern("RA", seq=conn.peer.rcv.nxt),
        requirement=requirement,
    )
    ignored = which == 1
    conn.expect_state("TIME-WAIT" if ignored else "CLOSED", requirement=requirement)
    if measure:
        told = "is ignored (RFC 1337)" if ignored else "ends it (RFC 9293)"
        conn.bench.measure(measure, told)
    conn.bench.judge(
        "variant",
        {"reset": "ends TIME-WAIT"},
        met=not ignored,
        requirement=requirement,
        message="the reset is ignored in TIME-WAIT, as RFC 1337 has it",
    )


def anew(old: Connection, options: tuple[Option, ...] = ()) -> Connection:
    """A SYN,ACK on the ports of a connection in TIME-WAIT, to a SYN far above its numbers.

    At once, or when 2 MSL are over where nothing ends TIME-WAIT sooner, which RFC 9293 (MAY-2)
    leaves to the target.
    """
    bench = old.bench
    for wait_s in (0.0, 2.0 * bench.manifest.limits.msl_s + 1.0):
        bench.wait(wait_s)
        conn = bench.connection(peer_port=old.peer_port, iss=old.peer.snd.nxt + 100_000)
        if answered(conn, options):
            return conn
    msg = "a new connection on the old ports could not be reached: no SYN,ACK after 2 MSL"
    raise Inconclusive(msg)


def answered(conn: Connection, options: tuple[Option, ...] = ()) -> bool:
    """Send a SYN; whether a SYN-ACK comes at once."""
    conn.send("S", options=options)
    both = wire.SYN | wire.ACK
    return any(arrival.segment.has(both) for arrival in conn.drop_arrivals())


def completed(bench: Bench, *, port: int | None = None) -> list[Connection]:
    """Handshakes until a SYN is not answered, or there are MANY; those that were answered."""
    opened: list[Connection] = []
    while len(opened) < MANY and answered(conn := bench.connection(port=port)):
        conn.send("A")
        opened.append(conn)
    return opened


def reusing(bench: Bench, *, reuse: bool = True) -> Socket:
    """A fresh socket, with SO_REUSEADDR where wanted."""
    sock = bench.app.socket()
    if reuse:
        sock.set_option("SOL_SOCKET", "SO_REUSEADDR", 1)
    return sock


def ask_for_buffer(sock: Socket, octets: int) -> None:
    """SO_RCVBUF of so many octets, where the target has that option; else the buffer stays."""
    level, option = ("name", "SOL_SOCKET"), ("name", "SO_RCVBUF")
    sock.begin("setsockopt", level, option, ("value", octets))


def refuses_text(conn: Connection, forged: Packet) -> None:
    """Text that must not be taken draws an ACK and is not read; honest text after it is."""
    first = conn.peer.snd.nxt
    conn.send(forged)
    conn.expect("A", seq=conn.target.snd.nxt, ack=first)
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()
    conn.send("PA", payload=b"honest")
    conn.expect("A", ack=first + 6, within=0.5)
    reading.expect_return(octets=b"honest")


def segment_sizes(conn: Connection, octets: int) -> list[int]:
    """The sizes of the target's segments, in order and each acknowledged, up to `octets` in all.

    Of segments so small that nobody would send them, the first hundred. Judged: each segment has to
    begin where the last ended, at most 3 s after it.
    """
    sizes: list[int] = []
    while sum(sizes) < octets and len(sizes) < max(100, octets // 40):
        arrival = conn.expect("A", seq=conn.target.snd.nxt, payload=ANY, within=3)
        sizes.append(len(arrival.segment.payload))
        conn.send("A")
    return sizes


def too_big(conn: Connection, mtu: int, quoting: Segment | Arrival | None = None) -> None:
    """A router tells that a segment (the target's last) was too big for a link of `mtu` octets.

    It quotes no more of it than an IP header and eight octets.
    """
    if conn.bench.ip == 4:
        conn.send_icmp(ICMP(type=3, code=4, nexthopmtu=mtu), quoting)
    else:
        conn.send_icmp(ICMPv6PacketTooBig(mtu=mtu), quoting, octets=48)


def flight(conn: Connection, segments: int, size: int) -> list[Arrival]:
    """Segments of `size` octets that the target sends at once; none is acknowledged."""
    conn.app.send(bytes(segments * size))
    return [conn.expect("A", payload=size) for _ in range(segments)]


def fill(conn: Connection) -> bytes:
    """The peer sends until the target, whose application does not read, has closed its window."""
    text = b""
    conn.bench.needs_silent_app("leaves text unread")
    with conn.bench.reaching("a receive window of zero"):
        for number in range(ENOUGH):
            room = conn.target.rcv.wnd
            if not room:
                break
            piece = bytes([number % 251]) * min(1000, room)
            text += piece
            conn.send("PA", payload=piece)
            conn.expect("A", ack=conn.peer.snd.nxt)
        conn.bench.check(conn.target.rcv.wnd, 0, "window announced")
    return text


def close_window(conn: Connection) -> None:
    """The peer closes its window, in an ACK that is newer than any before it: an octet later.

    That a mere repetition of the last ACK shrinks the window has a case of its own
    (rfc9293/3.8.6/smaller_window_in_a_repeated_ack).
    """
    conn.send("PA", payload=b".")
    with conn.bench.reaching("a closed window"):
        conn.expect("A", ack=conn.peer.snd.nxt, within=0.6)
    conn.window = 0
    conn.send("A")


def window_probe(conn: Connection, text: bytes, within: float) -> Arrival:
    """A probe of the peer's closed window: an old number with an octet or none, or the next octet.

    `text` is what waits at the target.
    """
    first = conn.target.snd.una
    return conn.expect_one_of(
        Pattern("A", seq=first - 1),
        Pattern("A", seq=first - 1, payload=1),
        Pattern("A", seq=first, payload=text[:1]),
        within=within,
    )[1]


def codepoint(arrival: Arrival) -> int:
    """The ECN codepoint of a datagram: 0 for not-ECT, 1 and 2 for ECT(1) and ECT(0), 3 for CE."""
    ip = arrival.datagram.ip
    return (ip.tos if isinstance(ip, wire.IPv4) else ip.traffic_class) & 3


def header_options(arrival: Arrival) -> bytes:
    """The options of a datagram's IPv4 header, padding included; none over IPv6."""
    ip = arrival.datagram.ip
    return ip.options if isinstance(ip, wire.IPv4) else b""


def dscp(arrival: Arrival) -> int:
    """The differentiated services code point of a datagram (RFC 2474, 3)."""
    ip = arrival.datagram.ip
    return (ip.tos if isinstance(ip, wire.IPv4) else ip.traffic_class) >> 2


def says(arrival: Arrival) -> str:
    """Which of ECE ("E") and CWR ("C") a segment carries."""
    return wire.flags_text(arrival.segment.flags & (wire.ECE | wire.CWR))


def marked(
    conn: Connection, payload: bytes, *, flags: str = "A", ecn: int = CE, seq: int | None = None
) -> None:
    """The peer sends text in a datagram of this codepoint; with `seq`, not its next text."""
    network = IP(tos=ecn) if conn.bench.ip == 4 else IPv6(tc=ecn)
    tcp = TCP(flags=flags) if seq is None else TCP(flags=flags, seq=seq)
    conn.send(network / tcp / Raw(payload))


def ecn_established(bench: Bench, way: Way = "listen") -> Connection:
    """A connection whose ends have agreed on ECN; without SACK, timestamps and window scale."""
    with bench.reaching("a connection with ECN"):
        if way == "listen":
            sock = listener(bench)
            conn = bench.connection()
            conn.send("SEC")
            answer = conn.expect("SA", ack=conn.peer.snd.nxt)
            bench.check(says(answer), "E", "flags of the SYN,ACK")
            conn.send("A")
            conn.app = sock.accept()
            return conn
        conn, pending = syn_sent(bench)
        bench.check(says(latest(conn)), "EC", "flags of the SYN")
        conn.send("SAE")
        conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
        pending.expect_return(0)
        return conn


def syn_gap(bench: Bench) -> float:
    """Seconds until connect() sends an unanswered SYN again: by the manifest's schedule, else 1."""
    schedule = bench.manifest.limits.connect_schedule_s
    return schedule[1] - schedule[0] if len(schedule) > 2 else 1.0


def told(pending: Pending) -> str:
    """What a call that may do either came to: "success" or an errno."""
    pending.bench.wait_until(lambda: pending.returned is not None, 1.0)
    if pending.returned is None:
        return "no return"
    return pending.returned.errno or "success"


def known(pending: Pending) -> str:
    """As `told`, for a call that an agent need not have in this form: then unsupported."""
    answer = told(pending)
    if answer == "ENOSYS-AGENT":
        msg = f"the agent does not know this {pending.call.name}()"
        raise Unsupported(msg)
    return answer


def cookie_in(arrival: Arrival) -> bytes | None:
    """The cookie for fast open of a SYN or SYN,ACK; None where it has no such option (RFC 7413)."""
    from tcpassay.wire import FastOpen

    for option in arrival.segment.options:
        if isinstance(option, FastOpen):
            return option.cookie
    return None


def latest(conn: Connection) -> Arrival:
    """The last segment of the target that the case has seen; Inconclusive where there is none."""
    if conn.last_arrival is None:
        msg = "nothing has come from the target yet"
        raise Inconclusive(msg)
    return conn.last_arrival
