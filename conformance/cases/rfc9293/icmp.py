"""ICMP errors: RFC 9293, section 3.9.2.2; RFC 5927."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import ICMP, ICMPv6DestUnreach
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import flight, latest, syn_gap
from tcpassay.conformance.reach import established, syn_sent
from tcpassay.wire import Segment

SECTION = "3.9.2.2"
SYNACK = "RFC9293:3.10.7.3-SYNACK"

#: Of the IPv4 or IPv6 header and eight octets of TCP.
SHORTEST_QUOTE = {4: 28, 6: 48}
#: By type and code (RFC 1122, 4.2.3.9).
SOFT_ERRORS = {
    "net": (3, 0),
    "host": (3, 1),
    "source_route": (3, 5),
    "ttl": (11, 0),
    "reassembly": (11, 1),
    "parameter": (12, 0),
}
#: Errors that tell more than ETIMEDOUT; which of them is each stack's own choice.
TELLING = ("ENETUNREACH", "EHOSTUNREACH", "EPROTO", "EOPNOTSUPP")
#: Seconds within which every stack has given up a SYN.
GIVEN_UP = 250.0


def unreachable(conn: Connection, code: int, quoting: Segment | None = None) -> None:
    """Send destination unreachable about the target's last segment, or about another."""
    v4 = conn.bench.ip == 4
    message = ICMP(type=3, code=code) if v4 else ICMPv6DestUnreach(code=code)
    conn.send_icmp(message, quoting, octets=SHORTEST_QUOTE[conn.bench.ip])


@case(
    "RFC9293:SHLD-26",
    "RFC9293:MUST-54",
    rows={"protocol": 2, "port": 3},
    needs=("active_open", "icmp"),
    ip=(4,),
    state="SYN-SENT",
)
def hard_error_ends_the_open(bench: Bench, code: int) -> None:
    """Protocol or port unreachable quotes the SYN; connect() fails at once and no SYN follows.

    The errno of protocol unreachable differs between stacks.
    """
    conn, pending = syn_sent(bench)
    unreachable(conn, code)
    errno = ("ECONNREFUSED",) if code == 3 else ("ECONNREFUSED", "ENOPROTOOPT")
    pending.expect_return(errno=errno, within=0.5)
    conn.expect_silence(1.2, requirement="MUST-54")


@case(
    "RFC9293:SHLD-26",
    "RFC9293:MUST-54",
    needs=("active_open", "icmp"),
    ip=(6,),
    state="SYN-SENT",
)
def port_unreachable_ends_the_open(bench: Bench) -> None:
    """ICMPv6 port unreachable quotes the SYN; connect() fails at once and no SYN follows."""
    conn, pending = syn_sent(bench)
    unreachable(conn, 4)
    pending.expect_return(errno="ECONNREFUSED", within=0.5)
    conn.expect_silence(1.2, requirement="MUST-54")


@case(
    "RFC9293:MUST-54",
    SYNACK,
    rows={"local_port": "sport", "remote_port": "dport"},
    needs=("active_open", "icmp"),
    state="SYN-SENT",
)
def error_about_another_connection(bench: Bench, field: str) -> None:
    """Port unreachable quotes another port; this connect() goes on and succeeds."""
    conn, pending = syn_sent(bench)
    syn = latest(conn).segment
    other = syn._replace(**{field: getattr(syn, field) ^ 1})
    unreachable(conn, 3 if bench.ip == 4 else 4, other)
    pending.expect_blocked()
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt, requirement=SYNACK)
    pending.expect_return(0, requirement=SYNACK)


@case(
    "RFC5927:4.1-SEQ-CHECK",
    SYNACK,
    rows={"before": -1, "next": 1, "far": 2**31, "blind": 0x12345678},
    needs=("active_open", "icmp"),
    state="SYN-SENT",
)
def error_about_a_number_not_in_flight(bench: Bench, offset: int) -> None:
    """Port unreachable quotes a number that is not in flight; ignored, and connect() succeeds."""
    conn, pending = syn_sent(bench)
    forged = latest(conn).segment._replace(seq=int(conn.target.iss + offset))
    unreachable(conn, 3 if bench.ip == 4 else 4, forged)
    pending.expect_blocked()
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt, requirement=SYNACK)
    pending.expect_return(0, requirement=SYNACK)


@case("RFC9293:MUST-54", SYNACK, needs=("active_open", "icmp"), ip=(4,), state="SYN-SENT")
def error_with_a_cut_quotation(bench: Bench) -> None:
    """Port unreachable quotes too little to name a connection; ignored, and connect() succeeds."""
    conn, pending = syn_sent(bench)
    for octets in (0, 19, 23):
        conn.send_icmp(ICMP(type=3, code=3), octets=octets)
    pending.expect_blocked()
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt, requirement=SYNACK)
    pending.expect_return(0, requirement=SYNACK)


@case("RFC9293:MUST-55", needs=("active_open", "icmp"), ip=(4,), state="SYN-SENT")
def source_quench_is_ignored(bench: Bench) -> None:
    """Source Quench quotes the SYN; the SYN is sent again in time, and answered it opens."""
    conn, pending = syn_sent(bench)
    first, gap = latest(conn), syn_gap(bench)
    conn.send_icmp(ICMP(type=4, code=0))
    pending.expect_blocked()
    conn.expect("S", seq=conn.target.iss, since=first, after=0.5 * gap, within=1.5 * gap)
    conn.send("SA")
    pending.expect_return(0)


@case(
    "RFC9293:MUST-56",
    rows=SOFT_ERRORS,
    needs=("icmp",),
    ip=(4,),
    state="ESTABLISHED",
)
def soft_error_does_not_abort(bench: Bench, row: tuple[int, int]) -> None:
    """A soft error quotes data in flight; the connection lives and both directions work."""
    conn = established(bench)
    conn.app.send(b"lost?")
    conn.expect("A", payload=b"lost?")
    conn.send_icmp(ICMP(type=row[0], code=row[1]))
    conn.expect_silence(repeats=True)
    conn.send("PA", payload=b"here")
    conn.expect("A", ack=conn.peer.snd.nxt, payload=ANY)
    conn.app.recv(16, want=b"here")
    conn.app.send(b"and there")
    conn.expect("A", seq=conn.target.snd.nxt, payload=b"and there")
    conn.expect_state("ESTABLISHED")


@case(
    "RFC5927:5.2-HARD-TO-SOFT",
    rows={"protocol": 2, "port": 3},
    needs=("icmp",),
    ip=(4,),
    state="ESTABLISHED",
)
def hard_error_after_the_open(bench: Bench, code: int) -> None:
    """Protocol or port unreachable quotes data in flight; the connection lives, both ways work."""
    conn = established(bench)
    conn.app.send(b"lost?")
    conn.expect("A", payload=b"lost?")
    unreachable(conn, code)
    conn.expect_silence(repeats=True)
    conn.send("PA", payload=b"here")
    conn.expect("A", ack=conn.peer.snd.nxt, payload=ANY)
    conn.app.recv(16, want=b"here")
    conn.expect_state("ESTABLISHED")


@case("RFC5927:6-QUENCH", needs=("icmp",), ip=(4,), state="ESTABLISHED")
def source_quench_slows_nothing(bench: Bench) -> None:
    """Source Quench quotes one of four segments; after an ACK of all, four more come at once."""
    conn = established(bench, mss=536)
    flight(conn, 4, 536)
    conn.send_icmp(ICMP(type=4, code=0))
    conn.send("A")
    flight(conn, 4, 536)


@case("RFC5461:4-SYN-SOFT", needs=("active_open", "icmp"), ip=(4,), state="SYN-SENT", measures=True)
def soft_error_in_syn_sent(bench: Bench) -> None:
    """Host unreachable quotes the SYN; whether connect() fails at once or goes on is recorded."""
    conn, pending = syn_sent(bench)
    unreachable(conn, 1)
    bench.wait_until(lambda: pending.returned is not None, 0.2)
    failed = pending.returned.errno if pending.returned else None
    bench.measure("connect() after host unreachable", failed or "goes on")


@case(
    "RFC9293:SHLD-25",
    rows=SOFT_ERRORS,
    needs=("active_open", "icmp", "errno"),
    ip=(4,),
    state="SYN-SENT",
    settings=("fast_syn_giveup",),
)
def soft_error_is_told(bench: Bench, row: tuple[int, int]) -> None:
    """A soft error quotes the SYN, and no answer comes; connect() tells more than ETIMEDOUT."""
    conn, pending = syn_sent(bench)
    conn.send_icmp(ICMP(type=row[0], code=row[1]))
    pending.expect_return(errno=TELLING, within=GIVEN_UP)
