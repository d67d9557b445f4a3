"""SYN and SYN-ACK sent again, and giving up: RFC 9293, sections 3.8.3 and 3.10.8."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import is_reset, latest, syn_gap
from tcpassay.conformance.reach import listener, syn_received, syn_sent

SECTION = "3.8.3"

#: The longest first time-out: 1 s (RFC 6298, 2.1), or 3 s in older stacks (RFC 2988, 2.1).
FIRST = 3.5
#: Longer than any first or second gap between repetitions, seconds.
LONG = 15.0


def again(conn: Connection, flags: str, requirement: str) -> Arrival:
    """The SYN or SYN-ACK once more, with the same numbers."""
    return conn.expect(
        flags, seq=conn.target.iss, payload=ANY, within=LONG, requirement=requirement
    )


@case(
    "RFC6298:2.1-INITIAL",
    needs=("active_open",),
    timing=True,
    settings=("doubling_syn",),
    state="SYN-SENT",
)
def first_syn_timeout_is_one_second(bench: Bench) -> None:
    """An unanswered SYN; it is sent again after one second."""
    conn, _ = syn_sent(bench)
    first = latest(conn)
    conn.expect("S", seq=conn.target.iss, since=first, after=0.9, within=1.2)


@case("RFC6298:2.1-INITIAL", timing=True, state="SYN-RECEIVED")
def first_syn_ack_timeout_is_one_second(bench: Bench) -> None:
    """An unanswered SYN-ACK; it is sent again after one second."""
    listener(bench)
    conn = syn_received(bench.connection())
    first = latest(conn)
    conn.expect("SA", seq=conn.target.iss, since=first, after=0.9, within=1.2)


@case(
    "RFC9293:MUST-22",
    "RFC1122:4.2.3.1-SYN-SAME",
    needs=("active_open",),
    timing=True,
    settings=("doubling_syn",),
    real_s=4,
    state="SYN-SENT",
)
def unanswered_syn_backs_off(bench: Bench) -> None:
    """An unanswered SYN; sent again with the same number, each gap about twice the last."""
    conn, pending = syn_sent(bench)
    first = latest(conn)
    second = again(conn, "S", "MUST-22")
    third = again(conn, "S", "MUST-22")
    pending.expect_blocked()
    short, long = second.t_ns - first.t_ns, third.t_ns - second.t_ns
    bench.check(
        1.7 < long / short < 2.3, True, "second gap twice the first", requirement="4.2.3.1-SYN-SAME"
    )


@case(
    "RFC9293:3.10.7.2-SYNACK-RETRANS",
    timing=True,
    settings=("no_syn_cookies",),
    real_s=4,
    state="SYN-RECEIVED",
)
def unanswered_syn_ack_backs_off(bench: Bench) -> None:
    """An unanswered SYN-ACK; sent again with the same number after growing gaps."""
    listener(bench)
    conn = syn_received(bench.connection())
    first = latest(conn)
    second = again(conn, "SA", "3.10.7.2-SYNACK-RETRANS")
    third = again(conn, "SA", "3.10.7.2-SYNACK-RETRANS")
    short, long = second.t_ns - first.t_ns, third.t_ns - second.t_ns
    bench.check(long > 1.5 * short, True, "second gap longer than the first")


@case(
    "RFC9293:MUST-22",
    "POSIX:CONNECT-ETIMEDOUT",
    needs=("active_open",),
    settings=("fast_syn_giveup",),
    real_s=5,
    state="SYN-SENT",
)
def unanswered_syn_gives_up(bench: Bench) -> None:
    """Nobody answers; the SYN is sent again, connect() fails with ETIMEDOUT, then silence."""
    conn, pending = syn_sent(bench)
    again(conn, "S", "MUST-22")
    pending.expect_return(errno="ETIMEDOUT", within=400, requirement="POSIX:CONNECT-ETIMEDOUT")
    conn.drop_arrivals()
    conn.expect_silence(1.5)


@case("RFC9293:MUST-23", needs=("active_open",), real_s=190, state="SYN-SENT")
def unanswered_syn_lasts_three_minutes(bench: Bench) -> None:
    """Nobody answers for 180 s; connect() waits on, and the SYN was sent again on the way."""
    conn, pending = syn_sent(bench)
    bench.wait_until(lambda: pending.returned is not None, 179.5)
    pending.expect_blocked()
    bench.check(len(conn.drop_arrivals()) >= 3, True, "three SYNs or more sent again")


@case(
    "RFC9293:3.10.7.2-SYNACK-RETRANS",
    "RFC9293:3.10.7.2-ACK",
    settings=("no_syn_cookies", "fast_synack_giveup"),
    real_s=5,
    state="SYN-RECEIVED",
)
def unanswered_syn_ack_gives_up(bench: Bench) -> None:
    """Nobody answers the SYN-ACK; the half-open connection goes, and its late ACK is reset."""
    listener(bench)
    conn = syn_received(bench.connection())
    again(conn, "SA", "3.10.7.2-SYNACK-RETRANS")
    bench.wait(400 if bench.virtual else 3.0)
    conn.drop_arrivals()
    conn.expect_silence(70 if bench.virtual else 1.0)
    conn.send("A")
    is_reset(conn, conn.target.iss + 1, requirement="3.10.7.2-ACK")


@case(
    "RFC9293:MUST-22", "RFC9293:3.10.7.3-SYNACK", needs=("active_open",), state="SYN-SENT", real_s=3
)
def late_answer_still_opens(bench: Bench) -> None:
    """The first SYN is lost and its repetition answered; the connection opens as usual."""
    conn, pending = syn_sent(bench)
    conn.expect("S", seq=conn.target.iss, within=1.5 * syn_gap(bench))
    conn.send("SA")
    conn.expect("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt, requirement="3.10.7.3-SYNACK")
    pending.expect_return(0, requirement="3.10.7.3-SYNACK")
    conn.expect_silence(1.5)


@case(
    "RFC9293:3.10.7.2-SYNACK-RETRANS",
    "RFC9293:3.10.7.4-ACK-SYNRCVD-OK",
    state="SYN-RECEIVED",
    real_s=3,
)
def late_ack_still_opens(bench: Bench) -> None:
    """The ACK comes after the SYN-ACK was sent again; it opens, and no SYN-ACK follows."""
    sock = listener(bench)
    conn = syn_received(bench.connection())
    conn.expect("SA", seq=conn.target.iss, within=FIRST)
    conn.send("A")
    conn.expect_silence(2.3)
    sock.accept(requirement="3.10.7.4-ACK-SYNRCVD-OK")


@case("RFC9293:MUST-10", needs=("simultaneous_open",), state="SYN-RECEIVED")
def syn_ack_of_crossed_syns_is_sent_again(bench: Bench) -> None:
    """SYNs cross and nothing follows; the SYN-ACK is sent again with the same numbers."""
    conn, pending = syn_sent(bench)
    conn.send("S")
    conn.expect("SA", seq=conn.target.iss, ack=conn.peer.snd.nxt)
    gap = syn_gap(bench)
    conn.expect("SA", seq=conn.target.iss, ack=conn.peer.snd.nxt, within=2.5 * gap)
    conn.send("A")
    pending.expect_return(0)
