"""Values of the opening: what SYNs offer, when they go again, how many clients may wait."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.match import mss_of, scale_of
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import latest, segment_sizes
from tcpassay.conformance.reach import listener, syn_received, syn_sent
from tcpassay.conformance.times import listed, patience, since
from tcpassay.core.clock import NS_PER_S
from tcpassay.wire import ACK, NOP, SYN, MaximumSegmentSize, WindowScale

#: Five repetitions, each after twice the time of the one before, and no sixth.
WATCH_S = 60.0
#: More than a queue of 128 admits, whatever it counts.
MANY = 200
FLOOD = 300


def is_answered(conn: Connection) -> bool:
    """Send a SYN; whether a SYN-ACK comes at once."""
    conn.send("S")
    return any(arrival.segment.has(SYN | ACK) for arrival in conn.drop_arrivals())


def offered(bench: Bench, conn: Connection, where: str) -> None:
    """Record the options of the SYN or SYN-ACK that has come."""
    segment = latest(conn).segment
    mss, scale = mss_of(segment), scale_of(segment)
    bench.measure(f"MSS in the {where}, octets", "none" if mss is None else mss)
    bench.measure(f"window scale in the {where}", "none" if scale is None else scale)
    bench.measure(f"window in the {where}, octets", segment.window)


@case("RFC9293:MUST-14", needs=("active_open",), state="SYN-SENT", measures=True)
def options_of_the_syn(bench: Bench) -> None:
    """connect(); what its SYN offers."""
    offered(bench, syn_sent(bench)[0], "SYN")


@case("RFC9293:MUST-14", state="LISTEN", measures=True)
def options_of_the_syn_ack(bench: Bench) -> None:
    """A SYN with MSS 1460 and window scale; what the answer offers."""
    listener(bench)
    conn = bench.connection()
    with bench.reaching("SYN-RECEIVED"):
        conn.send("S", options=(MaximumSegmentSize(1_460), NOP, WindowScale(7)))
        conn.expect("SA", ack=conn.peer.snd.nxt)
    offered(bench, conn, "SYN-ACK")


@case("RFC9293:MUST-15", state="LISTEN", measures=True)
def mss_without_the_option(bench: Bench) -> None:
    """A SYN without MSS, then a long send(); the largest segment."""
    sock = listener(bench)
    conn = bench.connection()
    with bench.reaching("ESTABLISHED"):
        conn.send(TCP(flags="S"))
        conn.expect("SA", ack=conn.peer.snd.nxt)
        conn.send("A")
        accepted = sock.accept()
    accepted.send(bytes(5_000))
    with bench.reaching("5,000 octets"):
        sizes = segment_sizes(conn, 5_000)
    bench.measure("MSS for a peer that gave none, octets", max(sizes))


@case("RFC1122:4.2.3.1-SYN-SAME", needs=("active_open",), real_s=65, measures=True)
def schedule_of_syns(bench: Bench) -> None:
    """Nobody answers connect(); when its SYNs go, on a real clock in the first 60 s."""
    conn, pending = syn_sent(bench)
    start = latest(conn).t_ns
    bench.wait_until(lambda: pending.returned is not None, patience(bench, 1_000, WATCH_S))
    times = [0.0, *since(start, conn.drop_arrivals())]
    bench.measure("SYNs go at, s", listed(times))
    if pending.returned is not None:
        bench.measure("connect() fails after, s", round((pending.returned.t_ns - start) / NS_PER_S))


@case(
    "RFC9293:MUST-23",
    needs=("active_open",),
    settings=("fast_syn_giveup",),
    real_s=4,
    measures=True,
)
def unanswered_connect(bench: Bench) -> None:
    """As above, where the setting fast_syn_giveup makes it short on a real clock."""
    conn, pending = syn_sent(bench)
    start = latest(conn).t_ns
    with bench.reaching("the end of connect()"):
        returned = pending.expect_return(errno=("ETIMEDOUT", "ECONNABORTED"), within=1_000)
    lasted = round((returned.t_ns - start) / NS_PER_S, 1)
    bench.measure("connect() fails after, s (fast_syn_giveup)", lasted)


@case("RFC6298:2.1-INITIAL", timing=True, state="SYN-RECEIVED", measures=True)
def initial_time_out(bench: Bench) -> None:
    """Nobody answers the SYN-ACK; when it goes again, without any sample of the round trip."""
    listener(bench)
    conn = syn_received(bench.connection())
    first = latest(conn)
    with bench.reaching("a second SYN-ACK"):
        conn.expect("SA", seq=conn.target.iss, within=7)
    (waited,) = since(first.t_ns, [latest(conn)])
    bench.measure("initial RTO, s", round(waited, 2))


@case("RFC9293:MUST-22", real_s=65, state="SYN-RECEIVED", measures=True)
def schedule_of_syn_acks(bench: Bench) -> None:
    """Nobody answers the SYN-ACK; when it goes, on a real clock in the first 60 s."""
    listener(bench)
    conn = syn_received(bench.connection())
    start = latest(conn).t_ns
    bench.wait(patience(bench, 1_000, WATCH_S))
    bench.measure("SYN-ACKs go at, s", listed([0.0, *since(start, conn.drop_arrivals())]))


@case(
    "POSIX:LISTEN-BACKLOG-HINT",
    "POSIX:LISTEN-ZERO",
    rows={"0": 0, "1": 1, "5": 5, "128": 128},
    settings=("no_syn_cookies",),
    measures=True,
)
def connections_admitted(bench: Bench, backlog: int) -> None:
    """Handshakes with nobody in accept(), until a SYN is ignored; how many got in."""
    listener(bench, backlog)
    admitted = 0
    for _ in range(MANY):
        conn = bench.connection()
        if not is_answered(conn):
            break
        conn.send("A")
        admitted += 1
    bench.measure(f"connections that wait, backlog {backlog}", admitted)


@case("RFC4987:FLOOD", settings=("no_syn_cookies",), state="LISTEN", measures=True)
def half_open_connections(bench: Bench) -> None:
    """300 SYNs that nobody completes to a listener of backlog 128; how many are answered."""
    listener(bench, 128)
    answered = sum(is_answered(bench.connection()) for _ in range(FLOOD))
    bench.measure(f"half-open connections of {FLOOD}, backlog 128", answered)
