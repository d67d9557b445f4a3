"""Keep-alives: RFC 9293, section 3.8.4."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.reach import established, handshake, listener

SECTION = "3.8.4"

TWO_HOURS = 7200


def keep_alive(conn: Connection, *, idle: int = 1, interval: int = 1, count: int = 2) -> None:
    """SO_KEEPALIVE with these times, in seconds."""
    for option, value in (
        ("TCP_KEEPIDLE", idle),
        ("TCP_KEEPINTVL", interval),
        ("TCP_KEEPCNT", count),
    ):
        conn.app.set_option("IPPROTO_TCP", option, value)
    conn.app.set_option("SOL_SOCKET", "SO_KEEPALIVE", 1)


def probe(conn: Connection, within: float, *, after: float = 0.0) -> Arrival:
    """A probe: an old number, with or without an octet."""
    return conn.expect("A", seq=conn.target.snd.nxt - 1, payload=ANY, after=after, within=within)


@case("RFC9293:MUST-25", "RFC9293:MUST-28", needs=("keepalive",))
def defaults(bench: Bench) -> None:
    """A new socket; SO_KEEPALIVE is off, TCP_KEEPIDLE two hours or more."""
    sock = bench.app.socket()
    bench.check(sock.get_option("SOL_SOCKET", "SO_KEEPALIVE"), 0, "SO_KEEPALIVE")
    idle = sock.get_option("IPPROTO_TCP", "TCP_KEEPIDLE")
    bench.check(idle >= TWO_HOURS, True, "two hours or more", requirement="MUST-28")


@case(
    "RFC9293:MUST-27",
    "RFC9293:SHLD-12",
    "RFC9293:MAY-6",
    rows={"listen": "listen", "connect": "connect"},
    needs=("keepalive",),
    timing=True,
    state="ESTABLISHED",
)
def first_probe(bench: Bench, way: str) -> None:
    """TCP_KEEPIDLE of 1 s; after that a segment <SEQ=SND.NXT-1> without text."""
    conn = established(bench, "connect" if way == "connect" else "listen")
    keep_alive(conn)
    sent = probe(conn, 1.5, after=0.5).segment
    bench.measure("octets of the probe", len(sent.payload))
    bench.check(sent.payload, b"", "text of the probe", requirement="SHLD-12")
    bench.check(sent.ack, int(conn.peer.snd.nxt), "acknowledgement")


@case("RFC9293:MUST-24", "RFC9293:MAY-5", needs=("keepalive",), state="ESTABLISHED")
def only_where_it_is_on(bench: Bench) -> None:
    """Two connections, SO_KEEPALIVE on one; a probe there, and silence on the other."""
    with bench.reaching("two connections"):
        sock = listener(bench)
        conns = [handshake(bench.connection()) for _ in range(2)]
        for conn in conns:
            conn.app = sock.accept()
    probed, quiet = conns
    keep_alive(probed)
    probe(probed, 1.5)
    probed.send("A")
    quiet.expect_silence()


@case("RFC9293:MUST-26", needs=("keepalive",), timing=True, state="ESTABLISHED")
def segments_put_the_probe_off(bench: Bench) -> None:
    """An octet or an ACK each 0.6 s with TCP_KEEPIDLE of 1 s; no probe until that time is quiet."""
    conn = established(bench)
    keep_alive(conn)
    for number in range(3):
        bench.wait(0.6)
        if number % 2:
            conn.send("A")
        else:
            conn.send(TCP(flags="PA") / Raw(b"x"))
            conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    seen = [a for a in conn.drop_arrivals() if a.segment.seq != int(conn.target.snd.nxt)]
    bench.check(len(seen), 0, "probes")
    probe(conn, 1.5, after=0.3)


@case("RFC9293:MUST-26", needs=("keepalive",), state="ESTABLISHED")
def no_probe_while_text_is_outstanding(bench: Bench) -> None:
    """Text without an acknowledgement for longer than TCP_KEEPIDLE; it is repeated, not probed."""
    conn = established(bench)
    keep_alive(conn)
    first = conn.target.snd.nxt
    conn.app.send(b"text")
    conn.expect("A", seq=first, payload=b"text")
    bench.wait(2.5)
    numbers = {a.segment.seq for a in conn.drop_arrivals()}
    bench.check(numbers <= {int(first)}, True, "nothing but the text again")


@case("RFC9293:MUST-29", needs=("keepalive",), real_s=5, state="ESTABLISHED")
def one_lost_probe_is_no_proof(bench: Bench) -> None:
    """One probe without an answer, the next with one, twice; the connection carries text still."""
    conn = established(bench)
    keep_alive(conn)
    for _ in range(2):
        probe(conn, 2.2)
        probe(conn, 1.5)
        conn.send("A")
    conn.send(TCP(flags="PA") / Raw(b"alive"))
    conn.app.recv(9, want=b"alive")


@case("POSIX:KEEPALIVE-DEFAULT", needs=("keepalive",), real_s=4, state="ESTABLISHED")
def dead_peer_is_noticed(bench: Bench) -> None:
    """TCP_KEEPCNT of 2 and no answer; recv() that waits gets ETIMEDOUT, the connection is gone."""
    conn = established(bench)
    keep_alive(conn)
    reading = conn.app.begin_recv(9)
    probe(conn, 1.5)
    probe(conn, 1.5)
    reading.expect_return(errno="ETIMEDOUT", within=1.6)
    conn.expect_state("CLOSED")


@case(
    "RFC9293:3.8.4-PROBE-ANSWER",
    rows={"empty": b"", "garbage": b"\0"},
    state="ESTABLISHED",
)
def probes_are_answered(bench: Bench, text: bytes) -> None:
    """The peer probes with <SEQ=RCV.NXT-1>, with an octet or none; an ACK, nothing delivered."""
    conn = established(bench)
    conn.send(TCP(flags="PA") / Raw(b"ab"))
    conn.app.recv(9, want=b"ab")
    with bench.reaching("an idle connection"):
        conn.expect("A", ack=conn.peer.snd.nxt)
    conn.send(TCP(flags="A", seq=conn.peer.snd.nxt - 1) / Raw(text))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.app.recv(9, "MSG_DONTWAIT", errno="EAGAIN")
