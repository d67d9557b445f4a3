"""SEGMENT ARRIVES in SYN-RECEIVED: RFC 9293, section 3.10.7.4."""

from tcpassay.conformance import craft
from tcpassay.conformance.app import Pending, Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import is_reset, serves
from tcpassay.conformance.reach import listener, syn_received, syn_sent
from tcpassay.wire import flags_text

SECTION = "3.10.7.4"
COMPLETES = "RFC9293:3.10.7.4-ACK-SYNRCVD-OK"
#: Where the checksum of a segment without options or data stands, from the datagram's end.
CHECKSUM = -4


def crossed(bench: Bench) -> tuple[Connection, Pending]:
    """SYN-RECEIVED by a simultaneous open, and the connect() that waits."""
    conn, pending = syn_sent(bench)
    with bench.reaching("SYN-RECEIVED"):
        conn.send("S")
        conn.expect("SA", seq=conn.target.iss, ack=conn.peer.snd.nxt)
    return conn, pending


@case("RFC9293:3.10.7.4-SEQ-SYNRCVD-DUPSYN", COMPLETES, state="SYN-RECEIVED")
def repeated_syn_is_answered_again(bench: Bench) -> None:
    """The same SYN twice more; each draws the SYN-ACK again or an ACK, and the ACK still opens."""
    sock = listener(bench)
    conn = syn_received(bench.connection())
    for _ in range(2):
        conn.send(TCP(flags="S", seq=int(conn.peer.iss)))
        conn.expect_one_of(
            Pattern("SA", seq=conn.target.iss, ack=conn.peer.iss + 1),
            Pattern("A", seq=conn.target.iss + 1, ack=conn.peer.iss + 1),
        )
    conn.send("A")
    sock.accept(requirement=COMPLETES)


@case(
    "RFC9293:3.10.7.4-ACK-SYNRCVD-BAD",
    COMPLETES,
    rows={"iss": 0, "before": -1, "far_before": -100000, "next": 2, "far_after": 100000},
    state="SYN-RECEIVED",
)
def unacceptable_ack_is_reset(bench: Bench, offset: int) -> None:
    """An ACK that is not of the SYN; <SEQ=SEG.ACK><CTL=RST>, and the right one still opens.

    RFC 5961, 5.2 is looked at first where it is in force: an ACK of what was never sent, or from
    long ago, may draw an ACK in place of the reset.
    """
    sock = listener(bench)
    conn = syn_received(bench.connection())
    bad = int(conn.target.iss + offset)
    conn.send(TCP(flags="A", seq=int(conn.peer.snd.nxt), ack=bad))
    which, _ = conn.expect_one_of(
        Pattern("R", seq=bad),
        Pattern("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt),
        Pattern("RA", seq=bad),
    )
    conn.expect_silence()
    conn.send("A")
    sock.accept(requirement=COMPLETES)
    bench.check(which < 2, True, "a reset without ACK")


@case("RFC9293:3.10.7.4-RST-SYNRCVD-PASSIVE", "RFC9293:MUST-11", settings=("no_syn_cookies",))
def rst_returns_a_passive_open_to_listen(bench: Bench) -> None:
    """RST at RCV.NXT after a passive open; no answer, no SYN-ACK again, the listener goes on."""
    sock = listener(bench)
    waiting = sock.begin_accept()
    conn = syn_received(bench.connection())
    conn.send(TCP(flags="R", seq=int(conn.peer.snd.nxt)))
    conn.expect_silence(1.5)
    waiting.expect_blocked(requirement="MUST-11")
    fresh = bench.connection(peer_port=conn.peer_port, iss=77)
    fresh.send("S")
    fresh.expect("SA", ack=78, requirement="MUST-11")
    fresh.send("A")
    sock.accepted(waiting, requirement="MUST-11")


@case(
    "RFC9293:3.10.7.4-RST-SYNRCVD-ACTIVE",
    "RFC9293:MUST-11",
    needs=("simultaneous_open",),
    state="SYN-RECEIVED",
)
def rst_after_crossed_syns_refuses(bench: Bench) -> None:
    """RST at RCV.NXT after SYNs crossed; connect() fails with ECONNREFUSED and nothing is sent."""
    conn, pending = crossed(bench)
    conn.send(TCP(flags="R", seq=int(conn.peer.snd.nxt)))
    pending.expect_return(errno="ECONNREFUSED")
    conn.expect_silence(1.2, requirement="MUST-11")


@case(
    "RFC9293:3.5.3-RST-SEQ-CHECK", COMPLETES, rows={"old": -1, "far": 2**30}, state="SYN-RECEIVED"
)
def rst_outside_the_window_is_dropped(bench: Bench, offset: int) -> None:
    """RST outside the window; silence, and the ACK still opens."""
    sock = listener(bench)
    conn = syn_received(bench.connection())
    conn.send(TCP(flags="R", seq=int(conn.peer.snd.nxt + offset)))
    conn.expect_silence()
    conn.send("A")
    conn.expect_silence()
    sock.accept(requirement=COMPLETES)


@case("RFC9293:3.10.7.4-SYN-SYNRCVD-PASSIVE", state="SYN-RECEIVED")
def syn_in_the_window_returns_to_listen(bench: Bench) -> None:
    """A SYN further on in the window, after a passive open; the listener is there for the next.

    By the text the connection goes back to LISTEN in silence. RFC 793 had a reset sent first, and
    RFC 5961 would have a challenge ACK: the answer is recorded, what follows is judged.
    """
    sock = listener(bench)
    conn = syn_received(bench.connection(iss=1000))
    conn.send(TCP(flags="S", seq=1100))
    answers = [flags_text(a.segment.flags) for a in conn.drop_arrivals()]
    bench.measure("answer", " ".join(answers) or "silence")
    served = serves(sock)
    served.send("PA", payload=b"more")
    served.app.recv(16, want=b"more")


@case(
    "RFC9293:3.10.7.4-SYN-SYNRCVD-ACTIVE",
    needs=("simultaneous_open",),
    state="SYN-RECEIVED",
)
def syn_in_the_window_of_crossed_syns(bench: Bench) -> None:
    """A SYN further on in the window after SYNs crossed; ACK or SYN-ACK, and the open completes."""
    conn, pending = crossed(bench)
    conn.send(TCP(flags="S", seq=int(conn.peer.snd.nxt + 100)))
    conn.expect_one_of(
        Pattern("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt),
        Pattern("SA", seq=conn.target.iss, ack=conn.peer.snd.nxt),
    )
    conn.send("A")
    pending.expect_return(0)


@case(
    "RFC9293:3.10.7.4-SEQ-SYN-RCVD",
    COMPLETES,
    rows={"old_data": ("PA", -1000), "beyond": ("PA", 2**30), "old_fin": ("FA", -1000)},
    state="SYN-RECEIVED",
)
def segment_outside_the_window_is_acknowledged(bench: Bench, row: tuple[str, int]) -> None:
    """Data or FIN outside the window; <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, and no open.

    The state is kept: the ACK in the segment does not count.
    """
    flags, offset = row
    sock = listener(bench)
    sock.set_nonblocking()
    conn = syn_received(bench.connection())
    conn.send(TCP(flags=flags, seq=int(conn.peer.snd.nxt + offset)) / Raw(bytes(10)))
    conn.expect("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt)
    sock.accept(errno="EAGAIN")
    conn.send("A")
    sock.accept(requirement=COMPLETES)


@case(
    "RFC9293:3.10.7.4-NOACK-SYN-RCVD",
    COMPLETES,
    rows={"data": ("P", b"abc"), "fin": ("F", b""), "none": ("", b"")},
    state="SYN-RECEIVED",
)
def segment_without_ack_is_dropped(bench: Bench, row: tuple[str, bytes]) -> None:
    """Data or FIN in the window without ACK; silence, no effect, and the ACK opens."""
    flags, data = row
    sock = listener(bench)
    conn = syn_received(bench.connection())
    conn.send(TCP(flags=flags, seq=int(conn.peer.snd.nxt)) / Raw(data))
    conn.expect_silence(0.05)
    conn.send("A")
    conn.expect_silence()
    reading = sock.accept(requirement=COMPLETES).begin_recv(10)
    reading.expect_blocked()


@case("RFC9293:3.10.7.4-ACK-SYNRCVD-DATA", rows={"five": 5, "full": 1460}, state="SYN-RECEIVED")
def third_segment_with_data(bench: Bench, octets: int) -> None:
    """The ACK that opens carries data; acknowledged and readable after accept()."""
    sock = listener(bench)
    conn = syn_received(bench.connection())
    data = bytes(range(256)) * 6
    conn.send("PA", payload=data[:octets])
    conn.expect("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt)
    sock.accept().recv(octets, want=data[:octets])


@case("RFC9293:3.10.7.4-ACK-LOST-DATA-COMPLETES", state="SYN-RECEIVED")
def second_data_segment_after_a_lost_ack(bench: Bench) -> None:
    """ACK lost, then data above a hole, then the data before it; both arrive in order."""
    sock = listener(bench)
    conn = syn_received(bench.connection(iss=1000))
    conn.send(TCP(flags="PA", seq=1006) / Raw(b"world"))
    conn.drop_arrivals()
    conn.send(TCP(flags="PA", seq=1001) / Raw(b"hello"))
    conn.expect("A", ack=1011)
    sock.accept().recv(16, want=b"helloworld")


@case(
    "RFC9293:3.10.7.4-FIN-SYNRCVD", rows={"bare": b"", "data": b"last words"}, state="SYN-RECEIVED"
)
def third_segment_with_fin(bench: Bench, data: bytes) -> None:
    """The ACK that opens carries FIN, with or without data; CLOSE-WAIT, and the stream ends."""
    sock = listener(bench)
    conn = syn_received(bench.connection())
    conn.send(TCP(flags="FA") / Raw(data))
    conn.expect("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt)
    conn.expect_state("CLOSE-WAIT")
    accepted = sock.accept()
    if data:
        accepted.recv(64, want=data)
    accepted.recv(1, want=b"")
    accepted.send(b"answer")
    conn.expect("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt, payload=b"answer")


@case("RFC9293:MUST-3", COMPLETES, state="SYN-RECEIVED")
def third_segment_with_bad_checksum(bench: Bench) -> None:
    """An ACK with a wrong checksum; silence and no open, the right one opens."""
    sock = listener(bench)
    sock.set_nonblocking()
    conn = syn_received(bench.connection())
    octets = bytearray(craft.datagram(conn, craft.segment(conn, "A")))
    octets[CHECKSUM] ^= 1
    bench.send_octets(bytes(octets))
    conn.expect_silence()
    sock.accept(errno="EAGAIN")
    conn.send("A")
    sock.accept(requirement=COMPLETES)


def crossed_without_waiting(bench: Bench) -> tuple[Connection, Socket]:
    """SYN-RECEIVED by a simultaneous open, and the socket, whose connect() has returned."""
    with bench.reaching("SYN-RECEIVED"):
        sock = bench.app.socket("SOCK_NONBLOCK")
        sock.connect(7070, errno="EINPROGRESS")
        conn = bench.expect_syn()
        conn.send("S")
        conn.expect("SA", seq=conn.target.iss)
    return conn, sock


@case("RFC9293:3.10.4-CLOSE-SYNRCVD", needs=("simultaneous_open", "nonblocking"))
def closed_in_syn_received(bench: Bench) -> None:
    """close() after SYNs crossed; the FIN goes out at once or after the ACK, numbered ISS+1."""
    conn, sock = crossed_without_waiting(bench)
    sock.close()
    conn.send("A")
    conn.expect("FA", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt, within=2)


@case("RFC9293:3.10.5-ABORT-SYNC", needs=("simultaneous_open", "nonblocking", "linger"))
def aborted_in_syn_received(bench: Bench) -> None:
    """close() with a linger time of zero after SYNs crossed; RST at ISS+1, and no connection."""
    conn, sock = crossed_without_waiting(bench)
    sock.set_linger(0)
    sock.close()
    is_reset(conn, conn.target.iss + 1)
    conn.send("A")
    is_reset(conn, conn.target.iss + 1)
