"""connect() and the handshake, as the documents describe them."""

from itertools import pairwise, zip_longest

from tcpassay.conformance.app import Pending
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import ICMP, TCP
from tcpassay.conformance.match import ANY, Between, Pattern
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import latest
from tcpassay.conformance.reach import established, listener, syn_sent
from tcpassay.core.clock import NS_PER_S


def unanswered(conn: Connection, pending: Pending, first: Arrival) -> list[float]:
    """When the SYNs went out while nobody answers and when connect() returned, in s from `first`.

    Each repetition has to be the first SYN again.
    """
    bench = conn.bench
    sent = [first]
    bench.wait_until(lambda: pending.returned is not None, 400)
    for arrival in conn.drop_arrivals():
        bench.check(arrival.segment.seq, int(conn.target.iss), "number of the SYN sent again")
        sent.append(arrival)
    returned = pending.returned.t_ns if pending.returned else bench.now_ns
    return [(t_ns - first.t_ns) / NS_PER_S for t_ns in (*(each.t_ns for each in sent), returned)]


def check_schedule(bench: Bench, times: list[float]) -> None:
    """By the schedule that the manifest claims; where it claims none, ever longer gaps."""
    claimed = bench.manifest.limits.connect_schedule_s
    bench.measure("SYNs, and the end, at s", " ".join(f"{time:.0f}" for time in times))
    if claimed:
        pairs = zip_longest(times, claimed, fillvalue=-1.0)
        late = bench.tolerance_s
        got = [want if abs(time - want) <= late else round(time, 3) for time, want in pairs]
        bench.check(got, list(claimed), "SYNs, and the end, in s")
        return
    gaps = [later - sooner for sooner, later in pairwise(times)]
    bench.check(len(times) > 2, True, "the SYN is sent again")
    grows = all(long > 1.2 * short for short, long in pairwise(gaps[:3]))
    bench.check(grows, True, "each gap is longer than the last")


@case("DOC-10", "DOC-28", state="CLOSED")
def listen_makes_the_port_answer(bench: Bench) -> None:
    """SYN to a port that is bound, then again after listen(); RST first, SYN-ACK then.

    The state goes from CLOSED to LISTEN where it can be read.
    """
    with bench.reaching("CLOSED"):
        sock = bench.app.socket()
        sock.bind(8080)
    early = bench.connection(iss=50)
    early.send("S")
    early.expect("RA", seq=0, ack=51, requirement="DOC-28")
    for wanted in ("CLOSED", "LISTEN"):
        if wanted == "LISTEN":
            sock.listen(5)
        if bench.has("state_probe"):
            state = bench.read_state((bench.stack_address, 8080), None)
            bench.check(state, wanted, "state of the port")
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    sock.accept()


@case("DOC-10", rows={"accepted": "listen", "connected": "connect"}, state="ESTABLISHED")
def connected_socket_cannot_listen(bench: Bench, way: str) -> None:
    """listen() on a socket that has a connection; EINVAL, and the connection goes on."""
    conn = established(bench, "connect" if way == "connect" else "listen")
    conn.app.listen(errno="EINVAL")
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@case("DOC-05", state="LISTEN")
def specific_address_serves_no_other(bench: Bench) -> None:
    """A listener bound to the first of two addresses; the second answers with RST."""
    sock = listener(bench, address=bench.stack_addresses[0])
    other = bench.connection(address=bench.stack_addresses[1], iss=50)
    other.send("S")
    other.expect("RA", seq=0, ack=51)
    conn = bench.connection(address=bench.stack_addresses[0])
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    sock.accept()


@case("DOC-05", rows={"first": 0, "second": 1}, state="LISTEN")
def wildcard_takes_the_destination(bench: Bench, index: int) -> None:
    """SYN to either address of a wildcard listener; that one answers, and getsockname() tells."""
    sock = listener(bench)
    conn = bench.connection(address=bench.stack_addresses[index])
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    local = sock.accept().getsockname()
    bench.check(local, (bench.stack_addresses[index], 8080), "getsockname()")


@case("DOC-21", "DOC-23", needs=("active_open",), state="SYN-SENT")
def connect_lasts_one_round_trip(bench: Bench) -> None:
    """connect() and a SYN-ACK 0.3 s later; it is pending until then and returns within the step."""
    conn, pending = syn_sent(bench)
    conn.expect_state("SYN-SENT")
    bench.wait(0.3)
    pending.expect_blocked(requirement="DOC-23")
    conn.send("SA")
    conn.expect("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt, within=0.1)
    pending.expect_return(0, within=0.1, requirement="DOC-23")
    conn.expect_state("ESTABLISHED")


@case("DOC-22", state="LISTEN")
def passive_open_in_three_segments(bench: Bench) -> None:
    """SYN(j), SYN(k)+ACK(j+1), ACK(k+1); SYN-RECEIVED, ESTABLISHED, and accept() returns."""
    sock = listener(bench)
    conn = bench.connection(iss=2**32 - 1)
    conn.send(TCP(flags="S", seq=2**32 - 1))
    conn.expect("SA", ack=0)
    conn.expect_state("SYN-RECEIVED")
    conn.send(TCP(flags="A", seq=0, ack=int(conn.target.iss + 1)))
    conn.expect_state("ESTABLISHED")
    sock.accept()


@case(
    "DOC-24",
    needs=("active_open",),
    settings=("fast_syn_giveup",),
    real_s=5,
    state="SYN-SENT",
)
def unanswered_connect_times_out(bench: Bench) -> None:
    """Nobody answers; the SYN is sent again and connect() at last fails with ETIMEDOUT."""
    conn, pending = syn_sent(bench)
    conn.expect("S", seq=conn.target.iss, within=7)
    pending.expect_return(errno="ETIMEDOUT", within=400)
    conn.drop_arrivals()
    conn.expect_silence(1.5)


@case(
    "DOC-24",
    needs=("active_open",),
    settings=("doubling_syn",),
    timing=True,
    real_s=140,
    state="SYN-SENT",
)
def unanswered_connect_keeps_its_times(bench: Bench) -> None:
    """Nobody answers; SYNs at the times that the manifest claims (0, 6, 30 s), and the end (75 s).

    A target that claims none has to back off. When the SYNs went is recorded.
    """
    conn, pending = syn_sent(bench)
    times = unanswered(conn, pending, latest(conn))
    pending.expect_return(errno="ETIMEDOUT")
    check_schedule(bench, times)


@case("DOC-25", "DOC-23", needs=("active_open",), state="SYN-SENT")
def refused_connect_fails_at_once(bench: Bench) -> None:
    """RST-ACK answers the SYN after 0.3 s; ECONNREFUSED at once, no sooner, and no further SYN."""
    conn, pending = syn_sent(bench)
    bench.wait(0.3)
    pending.expect_blocked(requirement="DOC-23")
    conn.send(TCP(flags="RA", seq=0, ack=int(conn.target.iss + 1)))
    pending.expect_return(errno="ECONNREFUSED", within=0.1)
    conn.expect_silence(1.2)


@case(
    "DOC-26",
    rows={"net": 0, "host": 1},
    needs=("active_open", "icmp"),
    ip=(4,),
    state="SYN-SENT",
)
def unreachable_is_a_soft_error(bench: Bench, code: int) -> None:
    """Net or host unreachable answers the SYN; the SYN is sent again, and an answer to it opens."""
    conn, pending = syn_sent(bench)
    conn.send_icmp(ICMP(type=3, code=code))
    pending.expect_blocked()
    conn.expect("S", seq=conn.target.iss, within=7)
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt)
    pending.expect_return(0)


@case(
    "DOC-26",
    rows={"net": 0, "host": 1},
    needs=("active_open", "icmp"),
    settings=("fast_syn_giveup",),
    real_s=5,
    ip=(4,),
    state="SYN-SENT",
)
def unreachable_is_told_at_the_end(bench: Bench, code: int) -> None:
    """Net or host unreachable answers the SYN, then silence; connect() at last fails with it."""
    conn, pending = syn_sent(bench)
    conn.send_icmp(ICMP(type=3, code=code))
    pending.expect_blocked()
    conn.expect("S", seq=conn.target.iss, within=7)
    errno = ("ENETUNREACH", "EHOSTUNREACH") if code == 0 else ("EHOSTUNREACH",)
    pending.expect_return(errno=errno, within=400)


@case(
    "DOC-26",
    rows={"net": 0, "host": 1},
    needs=("active_open", "icmp"),
    timing=True,
    real_s=140,
    ip=(4,),
    state="SYN-SENT",
)
def unreachable_changes_no_time(bench: Bench, code: int) -> None:
    """Net or host unreachable answers the first SYN; the SYNs go, and end, as if it had not."""
    conn, pending = syn_sent(bench)
    first = latest(conn)
    conn.send_icmp(ICMP(type=3, code=code))
    pending.expect_blocked()
    check_schedule(bench, unanswered(conn, pending, first))
    pending.expect_return(errno=("ENETUNREACH", "EHOSTUNREACH"))


@case("DOC-28", rows={"syn": "S", "ack": "A", "fin_ack": "FA", "data": "PA"}, state="CLOSED")
def segments_for_nobody_are_reset(bench: Bench, flags: str) -> None:
    """A SYN for a port without a listener, or a segment of no connection; RST by its numbers."""
    conn = bench.connection(port=4)
    payload = b"data" if "P" in flags else b""
    conn.send(flags, seq=1000, ack=2000, payload=payload)
    if flags == "S":
        conn.expect("RA", seq=0, ack=1001)
    else:
        conn.expect("R", seq=2000)


@case("DOC-28", state="ESTABLISHED", needs=("linger",))
def abort_is_a_reset(bench: Bench) -> None:
    """SO_LINGER of zero and close() while data is queued; RST at SND.NXT and nothing more.

    The window is closed, so a target that is slow to call close() may probe it first.
    """
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", window=0)
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A", window=0)
    accepted = sock.accept()
    accepted.send(b"never sent")
    accepted.set_linger(0)
    accepted.close()
    iss = conn.target.iss
    probe = Pattern("A", seq=Between(iss, iss + 1), payload=ANY)
    came = 2
    while came == 2:
        seq = conn.target.snd.nxt
        resets = (Pattern(flags, seq=seq, payload=ANY) for flags in ("R", "RA"))
        came, _ = conn.expect_one_of(*resets, probe)
    conn.expect_silence(0.3)
