"""The maximum segment size: RFC 9293, section 3.7.1."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern, mss_of
from tcpassay.conformance.probes import latest, segment_sizes
from tcpassay.conformance.reach import established, listener, syn_sent

SECTION = "3.7.1"


def default_mss(bench: Bench) -> int:
    """What a peer takes that has not said anything: 536, or 1220 over IPv6."""
    return 536 if bench.ip == 4 else 1220


def largest_mss(bench: Bench) -> int:
    """What fits the link behind an IP and a TCP header without options."""
    return bench.manifest.limits.mtu - (40 if bench.ip == 4 else 60)


@case("RFC9293:SHLD-5", "RFC9293:MUST-67", "RFC9293:MUST-14", state="LISTEN")
def syn_ack_announces_the_mss(bench: Bench) -> None:
    """SYN on a link of a known MTU; the SYN-ACK carries MSS, no more than the link can bring."""
    listener(bench)
    conn = bench.connection()
    conn.send("S")
    syn_ack = conn.expect("SA", ack=conn.peer.snd.nxt, requirement="MUST-14")
    announced = mss_of(syn_ack.segment)
    bench.check(announced is not None, want=True, what="MSS in the SYN-ACK")
    bench.check(
        (announced or 0) <= largest_mss(bench), True, "MSS within the MTU", requirement="MUST-67"
    )


@case("RFC9293:SHLD-5", "RFC9293:MUST-67", needs=("active_open",), state="SYN-SENT")
def syn_announces_the_mss(bench: Bench) -> None:
    """connect() on a link of a known MTU; the SYN carries MSS, no more than the link can bring."""
    conn, _ = syn_sent(bench)
    announced = mss_of(latest(conn).segment)
    bench.check(announced is not None, want=True, what="MSS in the SYN")
    bench.check(
        (announced or 0) <= largest_mss(bench), True, "MSS within the MTU", requirement="MUST-67"
    )


@case("RFC9293:MUST-14", rows={"mss_256": 256, "mss_536": 536, "mss_1000": 1000, "mss_1459": 1459})
def peers_mss_bounds_segments(bench: Bench, mss: int) -> None:
    """SYN with an MSS, then a long send(); no segment is larger and nothing is lost."""
    conn = established(bench, mss=mss)
    conn.app.send(bytes(3 * mss + 7))
    sizes = segment_sizes(conn, 3 * mss + 7)
    bench.check(max(sizes) <= mss, True, f"largest segment at most {mss}")


@case("RFC9293:MUST-14", needs=("active_open",))
def servers_mss_bounds_segments(bench: Bench) -> None:
    """SYN-ACK with MSS 700, then a long send() by the client; no segment is larger."""
    conn = established(bench, "connect", mss=700)
    conn.app.send(bytes(2500))
    bench.check(max(segment_sizes(conn, 2500)) <= 700, True, "largest segment at most 700")


@case("RFC9293:MUST-14", "RFC9293:MUST-10", needs=("simultaneous_open",))
def crossing_syns_mss_bounds_segments(bench: Bench) -> None:
    """SYNs cross and the peer's has MSS 700; no segment is larger."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="S", options=[("MSS", 700)]))
    conn.expect("SA", seq=conn.target.iss, requirement="MUST-10")
    conn.send("A")
    pending.expect_return(0, requirement="MUST-10")
    conn.app.send(bytes(2500))
    bench.check(max(segment_sizes(conn, 2500)) <= 700, True, "largest segment at most 700")


@case("RFC9293:MUST-15", state="LISTEN")
def no_mss_in_the_syn(bench: Bench) -> None:
    """SYN without MSS, then a long send(); no segment above 536 octets, 1220 over IPv6."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S"))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    sock.accept().send(bytes(5000))
    limit = default_mss(bench)
    bench.check(max(segment_sizes(conn, 5000)) <= limit, True, f"largest segment at most {limit}")


@case("RFC9293:MUST-15", needs=("active_open",), state="SYN-SENT")
def no_mss_in_the_syn_ack(bench: Bench) -> None:
    """SYN-ACK without MSS, then a long send(); no segment above 536 octets, 1220 over IPv6."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="SA"))
    conn.expect("A", ack=conn.peer.snd.nxt)
    pending.expect_return(0)
    conn.app.send(bytes(5000))
    limit = default_mss(bench)
    bench.check(max(segment_sizes(conn, 5000)) <= limit, True, f"largest segment at most {limit}")


@case("RFC9293:MUST-16")
def link_bounds_segments(bench: Bench) -> None:
    """SYN with MSS 65535, then a long send(); no segment is larger than the link can bring."""
    conn = established(bench, mss=65535)
    conn.app.send(bytes(6000))
    limit = largest_mss(bench)
    bench.check(max(segment_sizes(conn, 6000)) <= limit, True, f"largest segment at most {limit}")


@case("RFC9293:3.7.1-SMALL-MSS", rows={f"mss_{mss}": mss for mss in (0, 1, 8, 47, 64)})
def tiny_mss_stops_nobody(bench: Bench, mss: int) -> None:
    """SYN with a tiny MSS, then a send(); all octets come, in segments of a sane size."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S", options=[("MSS", mss)]))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    sock.accept().send(bytes(300))
    sizes = segment_sizes(conn, 300)
    bench.check(max(sizes) <= default_mss(bench), True, "no segment above the default MSS")


@case("RFC9293:MUST-65", needs=("half_close",))
def mss_stands_in_syns_only(bench: Bench) -> None:
    """Handshake, data and FIN; the option is in the SYN-ACK and in nothing after it."""
    conn = established(bench)
    conn.send("PA", payload=b"ping")
    conn.expect("A", ack=conn.peer.snd.nxt, mss=None)
    conn.app.send(b"pong")
    conn.expect("A", payload=b"pong", mss=None)
    conn.send("A")
    conn.app.shutdown("SHUT_WR")
    conn.expect("FA", mss=None)


@case("RFC9293:MUST-65", "RFC9293:3.10.7.1-ACK", state="CLOSED")
def reset_has_no_mss(bench: Bench) -> None:
    """SYN and ACK to a closed port; neither reset carries the option."""
    conn = bench.connection(port=4)
    conn.send("S")
    conn.expect("RA", seq=0, mss=None)
    conn.send(TCP(flags="A", ack=9))
    conn.expect_one_of(
        Pattern("R", seq=9, mss=None),
        Pattern("RA", seq=9, mss=None),
        requirement="3.10.7.1-ACK",
    )
    conn.expect_silence()


@case(
    "RFC9293:MAY-3",
    rows={"listen": "listen", "connect": "connect"},
    needs=("active_open",),
    measures=True,
)
def mss_that_says_nothing_new(bench: Bench, way: str) -> None:
    """TCP_MAXSEG is the default of a peer that hears of none; whether it is told is recorded."""
    sock = bench.app.socket()
    sock.set_option("IPPROTO_TCP", "TCP_MAXSEG", default_mss(bench))
    if way == "connect":
        sock.begin_connect(7070)
        told = latest(bench.expect_syn()).segment
    else:
        sock.bind(8080)
        sock.listen(5)
        conn = bench.connection()
        conn.send(TCP(flags="S"))
        told = conn.expect("SA", ack=conn.peer.snd.nxt).segment
    announced = mss_of(told)
    bench.measure("MSS told", "none" if announced is None else announced)


@case(
    "RFC9293:3.7.1-LARGER-THAN-MSS",
    rows={"two_of_them": 2, "one_octet_more": 1},
    state="ESTABLISHED",
)
def a_segment_larger_than_the_mss(bench: Bench, times: int) -> None:
    """TCP_MAXSEG is 536, and the peer sends more in a segment; it is taken or not, never half.

    What is not acknowledged comes again in smaller pieces, and all is read as it was sent.
    """
    with bench.reaching("ESTABLISHED with an MSS of 536"):
        sock = bench.app.socket()
        sock.set_option("IPPROTO_TCP", "TCP_MAXSEG", 536)
        sock.bind(8080)
        sock.listen(5)
        conn = bench.connection()
        conn.send(TCP(flags="S", options=[("MSS", 1460)]))
        conn.expect("SA", ack=conn.peer.snd.nxt)
        conn.send("A")
        conn.app = sock.accept()
    size = 1072 if times == 2 else 537
    text = bytes(index % 251 for index in range(size + 400))
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="A", seq=first) / Raw(text[:size]))
    bench.wait(0.5)
    conn.drop_arrivals()
    taken = conn.target.rcv.nxt.distance(first)
    bench.measure("octets taken", taken)
    bench.check(0 <= taken <= size, True, "no more is acknowledged than was sent")
    while taken < len(text):
        conn.send(TCP(flags="PA", seq=first + taken) / Raw(text[taken : taken + 500]))
        taken = min(taken + 500, len(text))
    conn.app.recv(len(text), want=text)
