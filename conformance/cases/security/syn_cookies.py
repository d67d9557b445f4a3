"""SYN cookies: RFC 4987, section 3.6."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import segment_sizes, serves
from tcpassay.conformance.reach import listener
from tcpassay.wire import ACK, SYN, MaximumSegmentSize

COOKIES = {"needs": ("syn_cookies",), "settings": ("syn_cookies_always",)}
FORGED = "RFC4987:3.6-COOKIE-FORGED"
#: More SYNs than the queue of half-open connections of these cases takes.
MANY = 300


def cookie_of(bench: Bench) -> tuple[Socket, Connection]:
    """A listener, and a connection whose SYN it has answered with a cookie."""
    sock = listener(bench)
    conn = bench.connection()
    with bench.reaching("an answer by cookie"):
        conn.send("S")
        conn.expect("SA", ack=conn.peer.snd.nxt)
    return sock, conn


@case(
    "RFC4987:3.6-COOKIE",
    rows={"ack": ("A", b""), "text": ("PA", b"at once"), "text_and_fin": ("FPA", b"at once")},
    state="LISTEN",
    **COOKIES,
)
def third_segment_builds_the_connection(bench: Bench, row: tuple[str, bytes]) -> None:
    """ACK of a cookie, bare, with text, or with FIN too; accept(), and nothing of it is lost."""
    flags, text = row
    sock, conn = cookie_of(bench)
    conn.send(TCP(flags=flags) / Raw(text) if text else TCP(flags=flags))
    conn.app = sock.accept()
    if text:
        conn.app.recv(16, want=text)
    if "F" in flags:
        conn.app.recv(16, want=b"")
        conn.expect_state("CLOSE-WAIT")
    else:
        conn.send("PA", payload=b"more")
        conn.app.recv(16, want=b"more")
    conn.drop_arrivals()
    conn.app.send(b"answer")
    conn.expect("A", seq=conn.target.snd.nxt, payload=b"answer")


@case("RFC4987:3.6-COOKIE", state="LISTEN", **COOKIES)
def lost_third_segment_is_made_up_for(bench: Bench) -> None:
    """The ACK of a cookie is lost; the first text, sent twice, brings it and is read once."""
    sock, conn = cookie_of(bench)
    start = int(conn.peer.snd.nxt)
    conn.send("PA", payload=b"text")
    conn.send(TCP(flags="PA", seq=start) / Raw(b"text"))
    conn.app = sock.accept()
    conn.app.recv(16, want=b"text")
    conn.drop_arrivals()
    conn.send("PA", payload=b"more")
    conn.app.recv(16, want=b"more")


@case("RFC4987:3.6-STATELESS", "RFC9293:3.10.7.2-ACK", state="LISTEN", **COOKIES)
def nothing_is_kept(bench: Bench) -> None:
    """SYN, then nothing; the SYN-ACK is not sent again, and there is no half-open connection."""
    _, conn = cookie_of(bench)
    conn.expect_state("CLOSED", "LISTEN")
    conn.expect_silence(1.5)


@case(
    "RFC9293:3.10.7.2-ACK",
    rows={"next": 2, "before": 0, "hash": 0x1234, "count": 1 << 27, "far": 1 << 31},
    state="LISTEN",
    **COOKIES,
)
def wrong_cookie_is_reset(bench: Bench, offset: int) -> None:
    """ACK of another number than the cookie; RST that takes its number, and no connection."""
    sock, conn = cookie_of(bench)
    wrong = int(conn.target.iss + offset)
    conn.send(TCP(flags="A", ack=wrong))
    conn.expect("R", seq=wrong)
    conn.expect_state("CLOSED", "LISTEN")
    serves(sock)


@case(FORGED, rows={"before": -1, "next": 1, "far": 1 << 24}, state="LISTEN", **COOKIES)
def cookie_of_another_number(bench: Bench, offset: int) -> None:
    """ACK of a cookie from the right port but with another sequence number; RST."""
    _, conn = cookie_of(bench)
    conn.send(TCP(flags="A", seq=int(conn.peer.snd.nxt + offset)))
    conn.expect("R", seq=conn.target.iss + 1)


@case(FORGED, state="LISTEN", **COOKIES)
def cookie_of_another_port(bench: Bench) -> None:
    """The right numbers from another port; RST, and no connection."""
    _, conn = cookie_of(bench)
    other = bench.connection(iss=int(conn.peer.iss))
    stolen = int(conn.target.iss + 1)
    other.send(TCP(flags="A", seq=int(conn.peer.snd.nxt), ack=stolen))
    other.expect("R", seq=stolen)
    other.expect_state("CLOSED", "LISTEN")


@case("RFC4987:3.6-COOKIE-AGE", real_s=310, state="LISTEN", **COOKIES)
def old_cookie_is_reset(bench: Bench) -> None:
    """ACK of a cookie five minutes later; RST."""
    _, conn = cookie_of(bench)
    bench.wait(300)
    conn.send("A")
    conn.expect("R", seq=conn.target.iss + 1)


@case(
    "RFC9293:MUST-16",
    rows={"smallest": 100, "default": 536, "odd": 1000},
    state="LISTEN",
    **COOKIES,
)
def segments_fit_the_mss_of_the_syn(bench: Bench, mss: int) -> None:
    """SYN with an MSS, answered by cookie; no segment of the target is longer than it said."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MaximumSegmentSize(mss),))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    conn.app = sock.accept()
    conn.app.send(b"x" * 3000)
    sizes = segment_sizes(conn, 3000)
    bench.check(max(sizes) <= mss, True, f"segments {sizes} of at most {mss} octets")


@case(
    "LINUX:SYNCOOKIES",
    "RFC4987:FLOOD",
    needs=("syn_cookies",),
    settings=("syn_cookies",),
    state="LISTEN",
)
def full_queue_goes_over_to_cookies(bench: Bench) -> None:
    """Far more SYNs than the queue takes; each is answered, and the last client gets in."""
    sock = listener(bench)
    conns = [bench.connection(peer_port=41_000 + number) for number in range(MANY)]
    for conn in conns:
        conn.send("S")
    answered = sum(
        any(arrival.segment.has(SYN | ACK) for arrival in conn.drop_arrivals()) for conn in conns
    )
    bench.check(answered, MANY, "SYNs answered")
    conns[-1].send("A")
    conns[-1].app = sock.accept(requirement="RFC4987:FLOOD")
    conns[-1].send("PA", payload=b"in")
    conns[-1].app.recv(8, want=b"in", requirement="RFC4987:FLOOD")


@case(
    "RFC4987:FLOOD",
    settings=("no_syn_cookies", "fast_synack_giveup"),
    real_s=6,
    state="LISTEN",
)
def listener_recovers_from_a_flood(bench: Bench) -> None:
    """Without cookies: SYNs until none is answered; once they are given up it serves again."""
    sock = listener(bench)
    for number in range(MANY):
        bench.connection(peer_port=41_000 + number).send("S")
    bench.wait(400 if bench.virtual else 4.5)
    serves(sock)
