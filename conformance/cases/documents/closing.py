"""What the source documents say about closing a connection."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import anew
from tcpassay.conformance.reach import established, peer_closes, reach
from tcpassay.core.clock import NS_PER_S

#: How late a coarse timer of minutes may fire, seconds.
LATE = 3.0
WAYS = {"as_server": "listen", "as_client": "connect"}


def opened(bench: Bench, way: str) -> Connection:
    """A connection that the target has accepted, or has made."""
    return established(bench, "connect" if way == "connect" else "listen")


@case("DOC-31", "DOC-35", rows=WAYS)
def active_close(bench: Bench, way: str) -> None:
    """The target closes first; FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, whoever opened."""
    conn = opened(bench, way)
    conn.app.shutdown()
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("FIN-WAIT-1")
    conn.send("A")
    conn.expect_silence()
    conn.expect_state("FIN-WAIT-2")
    conn.send("FA")
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("TIME-WAIT", requirement="DOC-35")
    conn.expect_silence(0.5)
    conn.expect_state("TIME-WAIT", requirement="DOC-31")


@case("DOC-42", "DOC-31", needs=("state_probe",), real_s=68.0)
def time_wait_ends(bench: Bench) -> None:
    """After an active close by close(); TIME-WAIT for 2 MSL, no less and no more, then CLOSED.

    The MSL is the one that the manifest claims.
    """
    conn = reach(bench, "TIME-WAIT", how="close")
    start = bench.now_ns
    two_msl = 2 * bench.manifest.limits.msl_s
    bench.wait(two_msl - 1.0)
    while conn.state() == "TIME-WAIT" and bench.now_ns - start < (two_msl + LATE) * NS_PER_S:
        bench.wait(0.1)
    lasted = (bench.now_ns - start) / NS_PER_S
    bench.check(two_msl - 0.1 <= lasted <= two_msl + LATE, True, f"it lasted {two_msl:g} s")
    conn.expect_state("CLOSED", requirement="DOC-31")


@case("DOC-32", "DOC-35", rows=WAYS)
def passive_close(bench: Bench, way: str) -> None:
    """The peer closes first; CLOSE-WAIT and end-of-file, then LAST-ACK and CLOSED."""
    conn = opened(bench, way)
    reading = conn.app.begin_recv(10)
    conn.send("FA")
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("CLOSE-WAIT")
    reading.expect_return(0, octets=b"")
    conn.app.close()
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("LAST-ACK", requirement="DOC-35")
    conn.send("A")
    conn.expect_silence(0.1)
    conn.expect_state("CLOSED")


@case("DOC-33", rows={"together": "together", "apart": "apart", "behind_a_hole": "hole"})
def end_of_file_stands_behind_the_text(bench: Bench, order: str) -> None:
    """Text and FIN in one segment, in two, and FIN first; recv() gives all text, then the end."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    text, fin = TCP(flags="PA", seq=first) / Raw(b"all of it"), TCP(flags="FA", seq=first + 9)
    packets = {
        "together": (TCP(flags="FPA", seq=first) / Raw(b"all of it"),),
        "apart": (text, fin),
        "hole": (fin, text),
    }
    for packet in packets[order]:
        conn.send(packet)
    bench.wait(0.5)
    conn.drop_arrivals()
    bench.check(int(conn.target.rcv.nxt), int(first + 10), "ACK of text and FIN")
    conn.app.recv(4, want=b"all ")
    conn.app.recv(100, want=b"of it")
    conn.app.recv(100, want=b"")
    conn.app.recv(100, want=b"")


@case(
    "DOC-34",
    rows={"nothing_unread": b"", "unread_text": b"unread"},
    needs=("processes",),
    own_process=True,
)
def killed_process_closes_its_connections(bench: Bench, unread: bytes) -> None:
    """SIGKILL while connected; FIN goes out, or RST where text was left unread."""
    conn = established(bench)
    if unread:
        conn.send("PA", payload=unread)
        with bench.reaching("text unread"):
            conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    bench.kill(bench.app.process)
    number = conn.target.snd.nxt
    if unread:
        conn.expect_one_of(Pattern("R", seq=number), Pattern("RA", seq=number))
    else:
        conn.expect("FA", seq=number, ack=conn.peer.snd.nxt)


@case("DOC-34", needs=("processes",), own_process=True)
def process_that_exits_closes_its_connections(bench: Bench) -> None:
    """exit() while connected, without close(); FIN goes out, and the handshake of it goes on."""
    conn = established(bench)
    bench.app.exit(0)
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.send("A")
    conn.send("FA")
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)


@case("DOC-37", needs=("descriptors",))
def shutdown_ignores_other_descriptors(bench: Bench) -> None:
    """dup() and then shutdown() on one copy; FIN at once, reading goes on, send() gives EPIPE."""
    conn = established(bench)
    copy = conn.app.dup()
    conn.app.shutdown()
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, within=0.1)
    conn.send("A")
    conn.send("PA", payload=b"still read")
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    copy.recv(100, want=b"still read")
    copy.send(b"no", "MSG_NOSIGNAL", errno="EPIPE")
    conn.expect_silence(0.1)


@case("DOC-37", needs=("descriptors",))
def close_ends_both_halves(bench: Bench) -> None:
    """close(); FIN, no call reads or writes any more, and the peer's text is answered by RST."""
    conn = established(bench)
    conn.app.close()
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.app.recv(10, errno="EBADF")
    conn.app.send(b"no", "MSG_NOSIGNAL", errno="EBADF")
    conn.send("A")
    conn.send(TCP(flags="PA") / Raw(b"for nobody"))
    number = conn.target.snd.nxt
    conn.expect_one_of(Pattern("R", seq=number), Pattern("RA", seq=number))


@case("DOC-41", needs=("state_probe",), real_s=112.0, state="TIME-WAIT")
def last_ack_is_sent_again(bench: Bench) -> None:
    """The peer's FIN comes again after three quarters of the wait; ACK, and 2 MSL start anew."""
    conn = reach(bench, "TIME-WAIT")
    for _ in range(2):
        bench.wait(1.5 * bench.manifest.limits.msl_s)
        conn.expect_state("TIME-WAIT")
        conn.send("FA", seq=conn.peer.snd.nxt - 1)
        conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)


@case("DOC-41", state="TIME-WAIT")
def old_duplicates_stay_out_of_the_next_connection(bench: Bench) -> None:
    """The client comes back with new numbers, then old text of the last connection; not taken."""
    old = reach(bench, "TIME-WAIT")
    new = anew(old)
    new.send("A")
    before = new.peer.snd.nxt
    new.send(TCP(flags="PA", seq=old.peer.snd.nxt - 4, ack=old.target.snd.nxt) / Raw(b"old!"))
    for arrival in new.drop_arrivals():
        bench.check(arrival.segment.ack, int(before), "ACK")
    new.send("PA", payload=b"new")
    new.expect("A", ack=before + 3, within=0.5)
    new.expect_state("ESTABLISHED")


@case("DOC-41")
def time_wait_stands_at_the_first_closer(bench: Bench) -> None:
    """One connection closed by the target first, one by the peer, one by both at once."""
    for state in ("TIME-WAIT", "LAST-ACK", "CLOSING"):
        conn = reach(bench, state, way="connect")
        conn.send("A")
        conn.expect_state("CLOSED" if state == "LAST-ACK" else "TIME-WAIT")


@case("DOC-48")
def half_closed_connection_still_sends(bench: Bench) -> None:
    """The peer has sent FIN; the target's text still goes out and is not held back."""
    conn = established(bench)
    peer_closes(conn)
    for word in (b"one", b"two"):
        conn.app.send(word)
        conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, payload=word)
        conn.send("A")
    conn.expect_state("CLOSE-WAIT")


@case("DOC-48")
def text_to_a_side_that_has_closed(bench: Bench) -> None:
    """Text arrives in FIN-WAIT-2 and nobody can read it; RST comes back."""
    conn = reach(bench, "FIN-WAIT-2", how="close")
    conn.send(TCP(flags="PA") / Raw(b"for nobody"))
    number = conn.target.snd.nxt
    conn.expect_one_of(Pattern("R", seq=number), Pattern("RA", seq=number))


@case("DOC-48")
def text_to_a_side_in_time_wait(bench: Bench) -> None:
    """Text that lies left of the window arrives in TIME-WAIT; an ACK comes back."""
    conn = reach(bench, "TIME-WAIT")
    conn.send(TCP(flags="PA", seq=conn.peer.snd.nxt - 10) / Raw(b"old"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.expect_state("TIME-WAIT")
