"""What the source documents say about resets, and about peers that vanish."""

from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import ICMP, TCP, Raw
from tcpassay.conformance.probes import is_reset
from tcpassay.conformance.reach import established, listener

#: Numbers of a connection that the target has never heard of.
SEQ, ACK = 0x5000_0000, 0x6000_0000


@case(
    "DOC-28",
    rows={
        "ACK": ("A", b"", None),
        "text": ("PA", b"text", None),
        "FIN": ("FA", b"", None),
        "text_without_ACK": ("P", b"text", 4),
        "FIN_without_ACK": ("F", b"", 1),
    },
)
def segment_for_no_connection(bench: Bench, row: tuple[str, bytes, int | None]) -> None:
    """A segment of a connection that does not exist; RST at its ACK, or RST-ACK of its length."""
    flags, text, length = row
    conn = bench.connection(port=81)
    conn.send(TCP(flags=flags, seq=SEQ, ack=ACK) / Raw(text))
    if length is None:
        conn.expect("R", seq=ACK)
    else:
        conn.expect("RA", seq=0, ack=SEQ + length)
    conn.expect_silence(0.1)


@case("DOC-38")
def writing_to_a_process_that_has_gone(bench: Bench) -> None:
    """FIN, then RST in answer to the first write; the next write fails with EPIPE."""
    conn = established(bench)
    conn.send("FA")
    conn.expect("A", ack=conn.peer.snd.nxt)
    conn.app.recv(100, want=b"")
    conn.app.send(b"first write")
    conn.expect("A", payload=b"first write")
    conn.send("R")
    read = conn.app.begin_recv(100)
    bench.wait_until(lambda: read.returned is not None, 1.0)
    got = read.returned.errno or "end-of-file" if read.returned else "nothing"
    bench.check(got in {"ECONNRESET", "EPIPE", "end-of-file"}, True, "recv() after the RST")
    bench.measure("recv() after FIN and RST", got)
    conn.app.send(b"second write", "MSG_NOSIGNAL", errno="EPIPE")
    conn.expect_silence(0.3)


@case("DOC-39", settings=("fast_data_giveup",), real_s=3)
def the_peers_host_is_cut_off(bench: Bench) -> None:
    """Nothing comes back any more; text goes out ever later, then recv() returns ETIMEDOUT."""
    conn = established(bench)
    first = conn.target.snd.nxt
    conn.app.send(b"anybody?")
    sent = [conn.expect("A", seq=first, payload=b"anybody?").t_ns]
    reading = conn.app.begin_recv(100)
    for _ in range(2):
        again = conn.expect("A", seq=first, payload=b"anybody?", within=7)
        sent.append(again.t_ns)
    gaps = [later - sooner for sooner, later in pairwise(sent)]
    # By how much is RFC 6298's to say (5.5); a machine that stands still lengthens the first gap.
    bench.check(gaps[1] > 1.2 * gaps[0], True, "the second gap is longer than the first")
    reading.expect_return(errno="ETIMEDOUT", within=4000.0 if bench.virtual else 400.0)
    conn.expect_state("CLOSED")


@case("DOC-39", settings=("fast_data_giveup",), needs=("icmp",), real_s=3, ip=(4,))
def the_peers_host_is_not_reached(bench: Bench) -> None:
    """Host unreachable comes back for the text, nothing else; in the end recv() tells it."""
    conn = established(bench)
    first = conn.target.snd.nxt
    conn.app.send(b"anybody?")
    conn.expect("A", seq=first, payload=b"anybody?")
    conn.send_icmp(ICMP(type=3, code=1))
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()
    conn.expect("A", seq=first, payload=b"anybody?", within=7)
    reading.expect_return(errno="EHOSTUNREACH", within=400.0)
    conn.expect_state("CLOSED")


@case("DOC-40")
def the_peer_was_rebooted(bench: Bench) -> None:
    """The peer knows the connection no more and answers text with RST; recv() gives ECONNRESET."""
    conn = established(bench)
    reading = conn.app.begin_recv(100)
    conn.app.send(b"who are you?")
    sent = conn.expect("A", payload=b"who are you?")
    conn.send(TCP(flags="R", seq=sent.segment.ack))
    reading.expect_return(errno="ECONNRESET")
    conn.expect_silence(1.2)


@case("DOC-40")
def the_target_was_rebooted(bench: Bench) -> None:
    """Text of a connection from before the target's start reaches its listener; RST."""
    listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="PA", seq=SEQ, ack=ACK) / Raw(b"where were we?"))
    is_reset(conn, ACK)
    conn.expect_silence(0.3)
