"""Packet too big that was forged: RFC 5927, sections 4.1 and 7.2."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import flight, latest, segment_sizes, too_big
from tcpassay.conformance.reach import established

NEEDS = ("path_mtu_discovery",)
CHECKS = ("path_mtu_discovery", "path_mtu_checks")
DELAY = "RFC5927:7.2-PMTU-DELAY"
#: An MTU that the path could have, by the IP version.
SMALLER = {4: 1000, 6: 1300}


def full(bench: Bench) -> int:
    """Octets of text in a segment that fills the link."""
    return bench.manifest.limits.mtu - (40 if bench.ip == 4 else 60)


def sent_now(conn: Connection, segments: int = 3) -> int:
    """Octets of text in the largest segment that the target sends now."""
    octets = segments * full(conn.bench)
    conn.app.send(bytes(octets))
    return max(segment_sizes(conn, octets))


def in_flight(bench: Bench, *, acknowledged: bool) -> tuple[Connection, Arrival]:
    """A full segment of the target's is out; before it some have been acknowledged, or none."""
    conn = established(bench, mss=full(bench))
    with bench.reaching("a full segment in flight", whole=False):
        if acknowledged:
            sent_now(conn)
        return conn, flight(conn, 2, full(bench))[0]


@case(
    "RFC5927:7-PMTU-SEQ",
    rows={"before": -1, "next": 1, "far": 2**31, "blind": 0x12345678},
    needs=NEEDS,
    settings=("rto_min_1s",),
)
def number_not_in_flight(bench: Bench, offset: int) -> None:
    """Packet too big quotes a number that is not in flight; segments stay full."""
    conn, sent = in_flight(bench, acknowledged=False)
    beyond = conn.target.snd.nxt if offset == 1 else conn.target.snd.una + offset
    too_big(conn, SMALLER[bench.ip], sent.segment._replace(seq=int(beyond)))
    conn.expect_silence()
    conn.send("A")
    bench.check(sent_now(conn), full(bench), "octets of a segment")


@case(
    "RFC5927:7-PMTU-SEQ",
    rows={"local_port": "sport", "remote_port": "dport"},
    needs=NEEDS,
    settings=("rto_min_1s",),
)
def another_connection(bench: Bench, field: str) -> None:
    """Packet too big quotes a port of another connection; segments of this one stay full."""
    conn, sent = in_flight(bench, acknowledged=False)
    other = getattr(sent.segment, field) ^ 1
    too_big(conn, SMALLER[bench.ip], sent.segment._replace(**{field: other}))
    conn.expect_silence()
    conn.send("A")
    bench.check(sent_now(conn), full(bench), "octets of a segment")


@case(DELAY, needs=CHECKS)
def progress_belies_the_message(bench: Bench) -> None:
    """Full segments were acknowledged; the one that was too big arrives, and nothing changes."""
    conn, sent = in_flight(bench, acknowledged=True)
    too_big(conn, SMALLER[bench.ip], sent)
    conn.expect_silence()
    conn.send("A")
    bench.check(sent_now(conn), full(bench), "octets of a segment")


@case(DELAY, needs=CHECKS)
def timeout_confirms_the_message(bench: Bench) -> None:
    """Full segments were acknowledged; the one that was too big times out and goes on in pieces."""
    conn, sent = in_flight(bench, acknowledged=True)
    too_big(conn, SMALLER[bench.ip], sent)
    conn.expect_silence()
    again = conn.expect("A", seq=sent.segment.seq, payload=ANY, within=4)
    bench.check(len(again.octets) <= SMALLER[bench.ip], True, "what comes again fits")
    conn.send("A")
    conn.drop_arrivals()
    headers = len(again.octets) - len(again.segment.payload)
    bench.check(sent_now(conn) + headers <= SMALLER[bench.ip], True, "later segments fit")


@case(DELAY, needs=CHECKS)
def acknowledged_message_is_forgotten(bench: Bench) -> None:
    """What the message quotes is acknowledged, and a later segment times out; it stays full."""
    conn, sent = in_flight(bench, acknowledged=True)
    too_big(conn, SMALLER[bench.ip], sent)
    conn.send("A", ack=sent.segment.seq + full(bench))
    lost = conn.expect("A", seq=sent.segment.seq + full(bench), payload=ANY, within=4)
    bench.check(len(lost.segment.payload), full(bench), "octets of what comes again")


@case("RFC5927:7.2-PMTU-SENT", needs=CHECKS)
def more_than_was_sent(bench: Bench) -> None:
    """Only small segments were sent; a message names more than their size; later ones are full."""
    conn = established(bench, mss=full(bench))
    with bench.reaching("a small segment in flight", whole=False):
        conn.app.send(bytes(100))
        conn.expect("A", payload=100)
    too_big(conn, 1400, latest(conn))
    conn.expect_silence()
    conn.send("A")
    bench.check(sent_now(conn), full(bench), "octets of a segment")
