"""Establishing a connection: RFC 9293, section 3.5."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.probes import is_reset, latest, serves, syn_gap
from tcpassay.conformance.reach import listener, syn_received, syn_sent

SECTION = "3.5"


@case("RFC9293:3.10.7.2-SYN", "RFC9293:3.10.7.4-ACK-SYNRCVD-OK", state="LISTEN")
def passive_handshake(bench: Bench) -> None:
    """SYN, then ACK; SYN-ACK acknowledges the SYN alone and the ACK is enough to open.

    Figure 6, the target being peer B: one segment of the target's and no more.
    """
    sock = listener(bench)
    conn = bench.connection(iss=100)
    conn.send("S")
    syn_ack = conn.expect("SA", ack=101)
    conn.expect_state("SYN-RECEIVED")
    conn.send("A", seq=101, ack=syn_ack.segment.seq + 1)
    conn.expect_silence(requirement="3.10.7.4-ACK-SYNRCVD-OK")
    conn.expect_state("ESTABLISHED", requirement="3.10.7.4-ACK-SYNRCVD-OK")
    sock.accept(requirement="3.10.7.4-ACK-SYNRCVD-OK")


@case(
    "RFC9293:3.10.1-OPEN-ACTIVE",
    "RFC9293:3.10.7.3-SYNACK",
    needs=("active_open",),
    state="CLOSED",
)
def active_handshake(bench: Bench) -> None:
    """connect(), SYN-ACK; a bare SYN goes out, then ACK with SEQ=ISS+1 and ACK=IRS+1."""
    conn, pending = syn_sent(bench)
    bench.check(latest(conn).segment.payload, b"", "data on the SYN")
    conn.expect_state("SYN-SENT")
    pending.expect_blocked()
    conn.send("SA", seq=300, ack=conn.target.iss + 1)
    conn.expect("A", seq=conn.target.iss + 1, ack=301, requirement="3.10.7.3-SYNACK")
    pending.expect_return(0, requirement="3.10.7.3-SYNACK")
    conn.expect_state("ESTABLISHED", requirement="3.10.7.3-SYNACK")
    conn.expect_silence(requirement="3.10.7.3-SYNACK")


WRAPS = {"syn_is_last": 2**32 - 1, "data_is_last": 2**32 - 2, "in_data": 2**32 - 5}


@case("RFC9293:3.4-WRAP", rows=WRAPS, state="LISTEN")
def peers_numbers_wrap_in_passive_open(bench: Bench, iss: int) -> None:
    """A client whose SYN or first octets end at zero; numbers go on modulo 2^32."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S", seq=iss))
    conn.expect("SA", ack=(iss + 1) % 2**32)
    conn.send(TCP(flags="PA", seq=(iss + 1) % 2**32) / Raw(b"0123456789"))
    conn.expect("A", ack=(iss + 11) % 2**32)
    sock.accept().recv(10, want=b"0123456789")


@case("RFC9293:3.4-WRAP", rows=WRAPS, needs=("active_open",), state="SYN-SENT")
def peers_numbers_wrap_in_active_open(bench: Bench, iss: int) -> None:
    """A server whose SYN-ACK or first octets end at zero; numbers go on modulo 2^32."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="SA", seq=iss, ack=conn.target.snd.nxt))
    conn.expect("A", seq=conn.target.snd.nxt, ack=(iss + 1) % 2**32)
    pending.expect_return(0)
    conn.send(TCP(flags="PA", seq=(iss + 1) % 2**32, ack=conn.target.snd.nxt) / Raw(b"0123456789"))
    conn.expect("A", ack=(iss + 11) % 2**32)
    conn.app.recv(10, want=b"0123456789")


@case(
    "RFC9293:MUST-10",
    rows={"peer_sends_ack": "A", "peer_sends_syn_ack": "SA"},
    needs=("active_open",),
    state="SYN-SENT",
)
def crossed_syns_open(bench: Bench, flags: str) -> None:
    """A bare SYN answers the target's; it repeats its ISS in a SYN-ACK and either answer opens.

    Figure 7: a peer that also went to SYN-RECEIVED sends a SYN-ACK, whose SYN is an old number.
    """
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="S", seq=100))
    conn.expect("SA", seq=conn.target.iss, ack=101)
    pending.expect_blocked()
    conn.expect_state("SYN-RECEIVED")
    conn.send(TCP(flags=flags, seq=100 if "S" in flags else 101, ack=conn.target.iss + 1))
    pending.expect_return(0)
    conn.expect_state("ESTABLISHED")
    conn.drop_arrivals()
    conn.app.send(b"through")
    conn.expect("A", seq=conn.target.iss + 1, ack=101, payload=b"through")


@case(
    "RFC9293:MUST-10",
    "RFC9293:3.10.7.4-SEQ-A2-SIMULTANEOUS",
    needs=("simultaneous_open",),
    state="SYN-RECEIVED",
)
def crossed_syns_with_data_in_the_last_segment(bench: Bench) -> None:
    """SYNs cross, then SYN-ACK at IRS, then data; the ACK in the old SYN-ACK counts."""
    conn, pending = syn_sent(bench)
    conn.send("S")
    conn.expect("SA", seq=conn.target.iss, ack=conn.peer.snd.nxt)
    conn.send(TCP(flags="SA", seq=conn.peer.iss, ack=conn.target.iss + 1))
    pending.expect_return(0, requirement="3.10.7.4-SEQ-A2-SIMULTANEOUS")
    conn.drop_arrivals()
    conn.send("PA", payload=b"data")
    conn.expect("A", ack=conn.peer.snd.nxt)
    conn.app.recv(4, want=b"data")


@case("RFC9293:MUST-10", needs=("simultaneous_open",), state="ESTABLISHED")
def syn_arrives_after_its_syn_ack(bench: Bench) -> None:
    """The peer's SYN is overtaken by its SYN-ACK; it opens, and the late SYN harms nothing."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="SA", seq=100, ack=conn.target.iss + 1))
    conn.expect("A", seq=conn.target.iss + 1, ack=101)
    pending.expect_return(0)
    conn.send(TCP(flags="S", seq=100))
    conn.expect("A", seq=conn.target.iss + 1, ack=101)
    conn.app.send(b"through")
    conn.expect("A", seq=conn.target.iss + 1, ack=101, payload=b"through")


@case("RFC9293:3.5-OLD-DUP-SYN", state="SYN-RECEIVED")
def old_duplicate_syn(bench: Bench) -> None:
    """SYN 90 from the past, SYN-ACK, RST 91, SYN 100; the genuine SYN opens on the same ports.

    Figure 8: the reset takes the old duplicate's numbers from the SYN-ACK that it caused.
    """
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S", seq=90))
    conn.expect("SA", ack=91)
    conn.send(TCP(flags="R", seq=91))
    conn.expect_silence()
    fresh = bench.connection(peer_port=conn.peer_port, iss=100)
    fresh.send("S")
    fresh.expect("SA", ack=101)
    fresh.send("A")
    fresh.expect_silence()
    sock.accept()


@case(
    "RFC9293:3.10.7.3-ACK-LOW",
    "RFC9293:3.10.7.3-SYNACK",
    needs=("active_open",),
    state="SYN-SENT",
)
def half_open_peer_is_reset_and_reached(bench: Bench) -> None:
    """The peer still holds an old connection and answers the SYN with its ACK; RST, then it opens.

    Figure 9: the reset makes the peer forget, and the SYN sent again finds it in LISTEN.
    """
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="A", seq=300, ack=conn.target.iss - 1000))
    is_reset(conn, conn.target.iss - 1000)
    pending.expect_blocked()
    conn.expect("S", seq=conn.target.iss, within=2.5 * syn_gap(bench))
    conn.send(TCP(flags="SA", seq=7000, ack=conn.target.iss + 1))
    conn.expect("A", seq=conn.target.iss + 1, ack=7001, requirement="3.10.7.3-SYNACK")
    pending.expect_return(0, requirement="3.10.7.3-SYNACK")


@case("RFC9293:3.5.1-HALFOPEN-DATA", state="CLOSED")
def data_to_a_restarted_host(bench: Bench) -> None:
    """Data for a connection that the target does not know, to a port it listens on; RST.

    Figure 10: its sequence number is the acknowledgement of the data.
    """
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="PA", seq=100, ack=300) / Raw(b"still there?"))
    is_reset(conn, 300)
    conn.expect_silence()
    serves(sock)


@case("RFC9293:3.5-DATA-ON-SYN-HELD", "RFC9293:3.10.7.2-SYN-DATA", state="LISTEN")
def data_on_the_syn_waits_for_the_handshake(bench: Bench) -> None:
    """SYN with five octets; nobody gets them before the third segment, and then once."""
    sock = listener(bench)
    pending = sock.begin_accept()
    conn = bench.connection(iss=1000)
    conn.send(TCP(flags="S", seq=1000) / Raw(b"early"))
    which, _ = conn.expect_one_of(
        Pattern("SA", ack=1001), Pattern("SA", ack=1006), requirement="3.10.7.2-SYN-DATA"
    )
    pending.expect_blocked()
    last = TCP(flags="PA", seq=1001) / Raw(b"early") if which == 0 else TCP(flags="A", seq=1006)
    conn.send(last)
    accepted = sock.accepted(pending)
    conn.send(TCP(flags="PA", seq=1006) / Raw(b"!"))
    conn.expect("A", ack=1007, requirement="3.10.7.2-SYN-DATA")
    accepted.recv(16, want=b"early!", requirement="3.10.7.2-SYN-DATA")


@case("RFC9293:3.4-SYN-FIN-SPACE", rows={"no_data": b"", "data": b"abc"}, state="SYN-RECEIVED")
def syn_and_fin_take_a_number_each(bench: Bench, data: bytes) -> None:
    """A handshake whose third segment carries data and FIN; each control counts one."""
    sock = listener(bench)
    conn = syn_received(bench.connection(iss=2**31 - 2))
    conn.send(TCP(flags="FA", seq=2**31 - 1) / Raw(data))
    conn.expect("A", ack=2**31 + len(data))
    accepted = sock.accept()
    if data:
        accepted.recv(16, want=data)
    accepted.recv(16, want=b"")
