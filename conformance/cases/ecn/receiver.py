"""Marks that arrive: RFC 3168, sections 6.1.3 to 6.1.6."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import (
    CE,
    ECT_0,
    NOT_ECT,
    codepoint,
    ecn_established,
    fill,
    marked,
    says,
)

NEEDS = ("ecn",)
ECE, LATCH, DELACK = "RFC3168:6.1.3-ECE", "RFC3168:6.1.3-ECE-LATCH", "RFC3168:6.1.3-DELACK"


def acknowledged(conn: Connection) -> Arrival:
    """The ACK of all that the peer has sent."""
    return conn.expect("A", ack=conn.peer.snd.nxt, within=0.6)


@case(ECE, needs=NEEDS)
def mark_is_echoed(bench: Bench) -> None:
    """Text marked CE; its ACK says ECE, and that of text marked ECT alone does not."""
    conn = ecn_established(bench)
    marked(conn, b"clear", ecn=ECT_0)
    bench.check(says(acknowledged(conn)), "", "flags of the ACK of clear text")
    marked(conn, b"congested")
    bench.check(says(acknowledged(conn)), "E", "flags of the ACK of marked text")


@case(ECE, needs=("ecn", "active_open"), settings=("ecn_offered",))
def mark_is_echoed_by_a_client(bench: Bench) -> None:
    """Text marked CE over a connection that connect() has opened; its ACK says ECE."""
    conn = ecn_established(bench, "connect")
    marked(conn, b"congested")
    bench.check(says(acknowledged(conn)), "E", "flags of the ACK of marked text")


@case(LATCH, needs=NEEDS)
def echo_lasts_until_cwr(bench: Bench) -> None:
    """Text marked CE and then text without; each ACK says ECE until a segment with CWR has come."""
    conn = ecn_established(bench)
    marked(conn, b"congested")
    acknowledged(conn)
    for text in (b"one", b"two", b"three"):
        marked(conn, text, ecn=ECT_0)
        bench.check(says(acknowledged(conn)), "E", "flags of an ACK before CWR")
    marked(conn, b"less", flags="AC", ecn=ECT_0)
    bench.check(says(acknowledged(conn)), "", "flags of the ACK of CWR")
    marked(conn, b"four", ecn=ECT_0)
    bench.check(says(acknowledged(conn)), "", "flags of an ACK after CWR")


@case(LATCH, needs=NEEDS)
def mark_after_cwr_counts(bench: Bench) -> None:
    """CWR ends the echo, and the next mark begins it again."""
    conn = ecn_established(bench)
    marked(conn, b"congested")
    acknowledged(conn)
    marked(conn, b"less", flags="AC", ecn=ECT_0)
    acknowledged(conn)
    marked(conn, b"again")
    bench.check(says(acknowledged(conn)), "E", "flags of the ACK of the second mark")


@case(LATCH, needs=NEEDS)
def mark_on_cwr_counts(bench: Bench) -> None:
    """Text with CWR is itself marked CE; its ACK says ECE."""
    conn = ecn_established(bench)
    marked(conn, b"congested")
    acknowledged(conn)
    marked(conn, b"less", flags="AC")
    bench.check(says(acknowledged(conn)), "E", "flags of the ACK of the second mark")


@case(LATCH, needs=NEEDS)
def text_carries_the_echo(bench: Bench) -> None:
    """Text marked CE, and the application sends; its segment says ECE as well."""
    conn = ecn_established(bench)
    marked(conn, b"congested")
    acknowledged(conn)
    conn.app.send(b"answer")
    sent = conn.expect("A", payload=b"answer")
    bench.check("E" in says(sent), True, "ECE in text")


@case(DELACK, needs=NEEDS, rows={"first": (CE, ECT_0), "second": (ECT_0, CE)})
def one_of_two_segments_is_marked(bench: Bench, row: tuple[int, int]) -> None:
    """Two full segments of which one is marked CE; the ACK that covers both says ECE."""
    conn = ecn_established(bench)
    for ecn in row:
        marked(conn, bytes(1400), ecn=ecn)
    bench.check(says(acknowledged(conn)), "E", "flags of the ACK of both")


@case("RFC3168:6.1.4-PUREACK", needs=NEEDS)
def pure_acks_are_not_ect(bench: Bench) -> None:
    """Text arrives, marked and not; no bare ACK of it is ECT."""
    conn = ecn_established(bench)
    for ecn in (ECT_0, CE, NOT_ECT):
        marked(conn, b"text", ecn=ecn)
        bench.check(codepoint(acknowledged(conn)), NOT_ECT, "codepoint of an ACK")


@case("RFC3168:6.1.5-OUTWIN", needs=NEEDS, rows={"old": -4, "beyond": 1 << 24})
def mark_outside_the_window(bench: Bench, offset: int) -> None:
    """Text outside the window is marked CE; what answers it does not say ECE, nor do later ACKs."""
    conn = ecn_established(bench)
    marked(conn, b"good", ecn=ECT_0)
    acknowledged(conn)
    marked(conn, b"evil", seq=int(conn.peer.snd.nxt + offset))
    answer = conn.expect("A", ack=conn.peer.snd.nxt)
    bench.check(says(answer), "", "flags of the answer")
    marked(conn, b"more", ecn=ECT_0)
    bench.check(says(acknowledged(conn)), "", "flags of a later ACK")


@case("RFC3168:6.1.6-ZWP-CE", needs=NEEDS)
def marked_window_probe(bench: Bench) -> None:
    """The window is closed and its probe is marked CE; the ACK says ECE."""
    conn = ecn_established(bench)
    fill(conn)
    marked(conn, b"?")
    answer = conn.expect("A")
    bench.check("E" in says(answer), True, "ECE in the answer")
