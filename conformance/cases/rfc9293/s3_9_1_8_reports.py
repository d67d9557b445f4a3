"""Soft errors while the connection lives: RFC 9293, sections 3.9.1.8 and 3.8.3.

POSIX has no such reports; on Linux IP_RECVERR asks for them (ip(7)).
"""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import ICMP, TCP, ICMPv6DestUnreach, Raw
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import established

SECTION = "3.9.1.8"

REPORTS = {4: ("IPPROTO_IP", "IP_RECVERR"), 6: ("IPPROTO_IPV6", "IPV6_RECVERR")}
#: Which errno an unreachable host is, is the stack's choice.
UNREACHABLE = ("EHOSTUNREACH", "ENETUNREACH")
#: Seconds after which R1 has passed: three retransmissions by RFC 6298, or one of 200 ms.
BEYOND_R1 = {True: 12.0, False: 1.3}


def asks(conn: Connection, *, wanted: bool = True) -> None:
    """The application asks for reports, or asks for none any more."""
    with conn.bench.reaching("the option"):
        conn.app.set_option(*REPORTS[conn.bench.ip], int(wanted))


def in_flight(conn: Connection) -> None:
    """Text that nobody acknowledges."""
    with conn.bench.reaching("text in flight"):
        conn.app.send(b"lost?")
        conn.expect("A", payload=b"lost?")


def host_unreachable(conn: Connection) -> None:
    """A router tells that it knows no way to the peer, about the text in flight."""
    if conn.bench.ip == 4:
        conn.send_icmp(ICMP(type=3, code=1))
    else:
        conn.send_icmp(ICMPv6DestUnreach(code=3), octets=48)


def pending_error(sock: Socket) -> object:
    """The name of SO_ERROR; "" or None for none."""
    told = sock.call("getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_ERROR"))
    return dict(told.out).get("name")


def lives(conn: Connection) -> None:
    """Text still goes both ways."""
    conn.send(TCP(flags="PA") / Raw(b"here"))
    conn.expect("A", ack=conn.peer.snd.nxt, payload=ANY)
    conn.app.recv(16, want=b"here")
    conn.app.send(b"and there")
    conn.expect("A", payload=b"and there")


@case("RFC9293:MUST-47", needs=("icmp", "soft_errors"), state="ESTABLISHED")
def reported_by_so_error(bench: Bench) -> None:
    """Host unreachable about text, reports asked for; SO_ERROR says so once, all else goes on."""
    conn = established(bench)
    asks(conn)
    in_flight(conn)
    host_unreachable(conn)
    bench.check(pending_error(conn.app) in UNREACHABLE, True, "SO_ERROR tells of it")
    bench.check(conn.app.error(), 0, "SO_ERROR when asked again")
    lives(conn)


@case("RFC9293:MUST-47", needs=("icmp", "soft_errors"), state="ESTABLISHED")
def reported_to_a_call_that_waits(bench: Bench) -> None:
    """Host unreachable about text while recv() waits, reports asked for; recv() fails with it.

    The next one gets the peer's text.
    """
    conn = established(bench)
    asks(conn)
    in_flight(conn)
    reading = conn.app.begin_recv(16)
    reading.expect_blocked()
    host_unreachable(conn)
    reading.expect_return(errno=UNREACHABLE, within=0.5)
    lives(conn)


@case(
    "RFC9293:SHLD-20",
    rows={"never_asked": (), "asked_no_more": (True, False)},
    needs=("icmp", "soft_errors"),
    state="ESTABLISHED",
)
def silent_unless_asked(bench: Bench, wishes: tuple[bool, ...]) -> None:
    """Host unreachable about text, reports never asked for or no longer; nothing is told."""
    conn = established(bench)
    for wanted in wishes:
        asks(conn, wanted=wanted)
    in_flight(conn)
    reading = conn.app.begin_recv(16)
    host_unreachable(conn)
    reading.expect_blocked()
    conn.send(TCP(flags="PA") / Raw(b"here"))
    reading.expect_return(octets=b"here")
    bench.check(conn.app.error(), 0, "SO_ERROR")


@case(
    "RFC9293:SHLD-9",
    needs=("soft_errors",),
    settings=("fast_data_giveup",),
    state="ESTABLISHED",
)
def trouble_is_told_after_r1(bench: Bench) -> None:
    """Text goes unacknowledged beyond R1, reports asked for; SO_ERROR tells before the end."""
    conn = established(bench)
    asks(conn)
    in_flight(conn)
    bench.wait(BEYOND_R1[bench.virtual])
    conn.drop_arrivals()
    bench.check(bool(pending_error(conn.app)), True, "SO_ERROR tells of the trouble")
    conn.send("A")
    lives(conn)
