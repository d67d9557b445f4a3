"""A SYN or a RST in TIME-WAIT: RFC 9293, section 3.6.1 (MAY-2), RFC 6191, RFC 1337."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import anew, reset_ends_time_wait
from tcpassay.conformance.reach import reach

#: How far above the old numbers the new ones begin.
AHEAD = 100_000


def reopened(conn: Connection, requirement: str) -> Connection:
    """A new SYN on the old addresses and ports draws a SYN-ACK above the old numbers."""
    old = conn.target.snd.nxt
    again = conn.bench.connection(peer_port=conn.peer_port, iss=conn.peer.snd.nxt + AHEAD)
    again.send(TCP(flags="S"))
    again.expect("SA", ack=again.peer.snd.nxt, requirement=requirement)
    conn.bench.check(
        again.target.iss.after(old - 1), True, "ISS above the old numbers", requirement="MAY-2"
    )
    again.send("A")
    again.expect_silence(0.1, requirement=requirement)
    again.expect_state("ESTABLISHED", requirement=requirement)
    return again


@case("RFC6191:2-B2", "RFC9293:MAY-2", "RFC9293:3.10.7.4-SYN-TW", state="TIME-WAIT")
def syn_above_the_old_numbers(bench: Bench) -> None:
    """A SYN above the old sequence space; it opens a new connection, whose ISS is above too."""
    conn = reach(bench, "TIME-WAIT")
    again = reopened(conn, "2-B2")
    sent = again.send("PA", payload=b"fresh")
    again.expect("A", ack=sent.seq + 5, within=0.5, requirement="3.10.7.4-SYN-TW")


@case(
    "RFC6191:2-B3",
    "RFC9293:3.10.7.4-SYN-TW",
    rows={"one_below": 1, "far_below": 100_000},
    state="TIME-WAIT",
)
def syn_below_the_old_numbers(bench: Bench, below: int) -> None:
    """An old SYN; at most an ACK with the old numbers comes back, and TIME-WAIT stays."""
    conn = reach(bench, "TIME-WAIT")
    conn.send(TCP(flags="S", seq=conn.peer.snd.nxt - below - 1))
    wanted = Pattern("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    answers = conn.drop_arrivals()
    bench.check(len(answers) <= 1, True, "at most one answer")
    for arrival in answers:
        bench.check(wanted.matches(arrival.segment), True, "it is an ACK of the old numbers")
    conn.expect_silence(0.3)
    conn.expect_state("TIME-WAIT", requirement="3.10.7.4-SYN-TW")
    conn.send("FA", seq=conn.peer.snd.nxt - 1)
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)


@case("RFC1337:2-H1", "RFC9293:MAY-2", state="TIME-WAIT")
def old_text_stays_out_of_the_new_connection(bench: Bench) -> None:
    """The connection is reopened, then text of the old one comes; it is not taken."""
    conn = reach(bench, "TIME-WAIT")
    bench.wait(0.01)  # The clock of the initial numbers goes on (RFC 9293, 3.4.1).
    again = anew(conn)
    again.send("A")
    again.expect_state("ESTABLISHED")
    before = again.peer.snd.nxt
    again.send(
        TCP(flags="PA", seq=conn.peer.snd.nxt - 10, ack=conn.target.snd.nxt) / Raw(b"old" * 4)
    )
    for arrival in again.drop_arrivals():
        bench.check(arrival.segment.ack, int(before), "ACK")
    again.send("PA", payload=b"new")
    again.expect("A", ack=before + 3, within=0.5)
    again.expect_state("ESTABLISHED")


@case("RFC9293:3.10.7.4-RST-TW", "RFC1337:3-F1", state="TIME-WAIT", measures=True)
def reset_in_time_wait(bench: Bench) -> None:
    """RST at RCV.NXT in TIME-WAIT; RFC 9293 ends the wait, RFC 1337 would have it ignored."""
    conn = reach(bench, "TIME-WAIT")
    conn.send(TCP(flags="R"))
    conn.expect_silence()
    reset_ends_time_wait(conn, "3.10.7.4-RST-TW", measure="RST in TIME-WAIT")


@case("RFC9293:3.10.7.4-SEQ-RST-SILENT", state="TIME-WAIT")
def reset_outside_the_window_in_time_wait(bench: Bench) -> None:
    """Resets outside the window in TIME-WAIT; silence, and the wait goes on."""
    conn = reach(bench, "TIME-WAIT")
    for offset in (-1, -70_000, 70_000):
        conn.send(TCP(flags="R", seq=conn.peer.snd.nxt + offset))
    conn.expect_silence(0.1)
    conn.expect_state("TIME-WAIT")
