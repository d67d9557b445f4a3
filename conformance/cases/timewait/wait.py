"""How long TIME-WAIT lasts and what starts it anew: RFC 9293, sections 3.6.1 and 3.10.8."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import is_reset
from tcpassay.conformance.reach import reach
from tcpassay.core.clock import NS_PER_S

#: How late a coarse timer of minutes may fire, seconds.
LATE = 3.0


def two_msl(bench: Bench) -> float:
    """Seconds that TIME-WAIT lasts by the target's manifest."""
    return 2 * bench.manifest.limits.msl_s


def end_of_wait(conn: Connection, within: float) -> float | None:
    """Seconds until the target's record is gone, to a tenth; None where it outlasts `within`."""
    bench = conn.bench
    start = bench.now_ns
    while conn.state() == "TIME-WAIT":
        if (bench.now_ns - start) / NS_PER_S > within:
            return None
        bench.wait(0.1)
    return (bench.now_ns - start) / NS_PER_S


@case(
    "RFC9293:MUST-13",
    "RFC9293:3.10.8-TW-EXPIRE",
    "DOC-42",
    rows={"listen": "listen", "connect": "connect"},
    needs=("state_probe",),
    state="TIME-WAIT",
    real_s=68.0,
)
def lasts_two_msl(bench: Bench, way: str) -> None:
    """After an active close nothing more comes; TIME-WAIT lasts 2 MSL, then the record is gone."""
    conn = reach(bench, "TIME-WAIT", way="connect" if way == "connect" else "listen", how="close")
    start = bench.now_ns
    bench.wait(two_msl(bench) - 2.0)
    conn.expect_state("TIME-WAIT")
    end_of_wait(conn, 2.0 + LATE)
    lasted = (bench.now_ns - start) / NS_PER_S
    bench.check(lasted >= two_msl(bench) - 0.1, True, "it lasted 2 MSL")
    near = abs(lasted - two_msl(bench)) <= LATE
    bench.check(near, True, "it lasted the 2 MSL that the manifest declares", requirement="DOC-42")
    conn.expect_state("CLOSED", requirement="3.10.8-TW-EXPIRE")
    conn.send("FA", seq=conn.peer.snd.nxt - 1)
    is_reset(conn, conn.peer.rcv.nxt, requirement="3.10.8-TW-EXPIRE")


@case(
    "RFC9293:3.10.7.4-FIN-TW",
    "RFC9293:3.10.7.4-ACK-TW-FIN",
    "RFC9293:3.10.8-TW-EXPIRE",
    needs=("state_probe",),
    real_s=112.0,
)
def the_peers_fin_restarts_it(bench: Bench) -> None:
    """The FIN comes again after three quarters of the wait; ACK, and 2 MSL pass from then on."""
    conn = reach(bench, "TIME-WAIT")
    bench.wait(0.75 * two_msl(bench))
    conn.send("FA", seq=conn.peer.snd.nxt - 1)
    conn.expect(
        "A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, requirement="3.10.7.4-ACK-TW-FIN"
    )
    bench.wait(two_msl(bench) - 1.0)
    conn.expect_state("TIME-WAIT")
    ended = end_of_wait(conn, 1.0 + LATE)
    bench.check(ended is not None, True, "it ends", requirement="3.10.8-TW-EXPIRE")


@case("RFC9293:3.10.7.4-ACK-TW-FIN", "DOC-41", state="TIME-WAIT")
def the_peers_fin_is_acknowledged_again(bench: Bench) -> None:
    """The peer never got the last ACK and repeats its FIN, with the text before it too; ACKs."""
    conn = reach(bench, "FIN-WAIT-2")
    first = conn.peer.snd.nxt
    conn.send("FPA", payload=b"last")
    with bench.reaching("TIME-WAIT"):
        conn.expect("A", ack=first + 5)
    for requirement, packet in (
        ("3.10.7.4-ACK-TW-FIN", TCP(flags="FA", seq=first + 4)),
        ("3.10.7.4-ACK-TW-FIN", TCP(flags="FPA", seq=first) / Raw(b"last")),
        ("DOC-41", TCP(flags="FA", seq=first + 4)),
    ):
        conn.send(packet)
        conn.expect("A", seq=conn.target.snd.nxt, ack=first + 5, requirement=requirement)
        conn.expect_silence(requirement=requirement)
    conn.expect_state("TIME-WAIT")


@case(
    "RFC9293:3.10.7.4-TW-REARM",
    rows={"bare_ack": "ack", "old_text": "text", "old_syn": "syn"},
    needs=("state_probe",),
    measures=True,
    real_s=68.0,
)
def what_else_restarts_it(bench: Bench, what: str) -> None:
    """Something else than the peer's FIN comes in TIME-WAIT; whether the wait starts anew."""
    conn = reach(bench, "TIME-WAIT")
    bench.wait(0.5 * two_msl(bench))
    packets = {
        "ack": TCP(flags="A", seq=conn.peer.snd.nxt),
        "text": TCP(flags="PA", seq=conn.peer.snd.nxt - 100) / Raw(b"old"),
        "syn": TCP(flags="S", seq=conn.peer.snd.nxt - 70_000),
    }
    conn.send(packets[what])
    answers = conn.drop_arrivals()
    bench.check(len(answers) <= 1, True, "at most one answer")
    bench.wait(0.5 * two_msl(bench) + LATE)
    state = conn.state()
    bench.check(state in {"TIME-WAIT", "CLOSED"}, True, "TIME-WAIT or CLOSED")
    bench.measure("restarts the wait", "yes" if state == "TIME-WAIT" else "no")


@case("RFC9293:3.10.7.4-ACK-TW-ACK", state="TIME-WAIT", measures=True)
def a_bare_ack_does_no_harm(bench: Bench) -> None:
    """A bare ACK at RCV.NXT in TIME-WAIT; the state stays, and the answer is recorded."""
    conn = reach(bench, "TIME-WAIT")
    conn.send(TCP(flags="A"))
    answers = conn.drop_arrivals()
    bench.check(len(answers) <= 1, True, "at most one answer")
    conn.expect_state("TIME-WAIT")
    bench.measure("answer", "ACK" if answers else "none")


@case(
    "LINUX:FIN_TIMEOUT",
    needs=("state_probe",),
    settings=("fast_fin_timeout",),
    state="FIN-WAIT-2",
)
def an_abandoned_fin_wait_2_ends(bench: Bench) -> None:
    """After close() the peer's FIN never comes; the record goes all the same."""
    conn = reach(bench, "FIN-WAIT-2", how="close")
    start = bench.now_ns
    while conn.state() != "CLOSED" and bench.now_ns - start < 600 * NS_PER_S:
        bench.wait(0.2)
    conn.expect_state("CLOSED")
    conn.send("FA")
    is_reset(conn, conn.peer.rcv.nxt)
