"""Blind SYNs: RFC 5961, section 4."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import established, reach

SECTION = "4"


@case("RFC5961:4.2-SYN", rows={"at_nxt": 0, "next_octet": 1, "one_mss": 1460}, state="ESTABLISHED")
def syn_in_established_gets_challenge_ack(bench: Bench, offset: int) -> None:
    """A SYN on an open connection; the target answers with a challenge ACK and stays open."""
    conn = established(bench)
    conn.send(TCP(flags="S", seq=conn.peer.snd.nxt + offset))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.target.rcv.nxt)
    conn.expect_silence()
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


#: From RCV.NXT. RFC 9293 took the rule over from RFC 5961, and has an id for it in each state.
OFFSETS = (0, 1, 1460, 70_000, -1, 2**31)


#: With a SYN nothing else counts, but for a RST: neither an ACK, nor text, nor a FIN.
MORE_FLAGS = ("SA", "SF", "SFA", "SFPUA")


def challenged(bench: Bench, row: tuple[str, str]) -> None:
    """SYNs at, in and outside the window: each draws a challenge ACK, the state stays.

    So do those at RCV.NXT with other flags and text.
    """
    state, requirement = row
    conn = reach(bench, state)
    first = conn.peer.snd.nxt
    for offset in OFFSETS:
        conn.send(TCP(flags="S", seq=first + offset))
        conn.expect("A", seq=conn.target.snd.nxt, ack=first, requirement=requirement)
    for flags in MORE_FLAGS:
        conn.send(TCP(flags=flags, seq=first, urgptr=2) / Raw(b"text"))
        conn.expect("A", seq=conn.target.snd.nxt, ack=first, requirement=requirement)
    conn.expect_silence(requirement=requirement)
    conn.expect_state(state, requirement=requirement)


@case(
    "RFC9293:3.10.7.4-SYN-ESTAB",
    "RFC9293:3.10.7.4-SYN-FW1",
    "RFC9293:3.10.7.4-SYN-FW2",
    rows={
        "ESTABLISHED": ("ESTABLISHED", "3.10.7.4-SYN-ESTAB"),
        "FIN-WAIT-1": ("FIN-WAIT-1", "3.10.7.4-SYN-FW1"),
        "FIN-WAIT-2": ("FIN-WAIT-2", "3.10.7.4-SYN-FW2"),
    },
)
def syn_before_the_peers_fin(bench: Bench, row: tuple[str, str]) -> None:
    """SYNs anywhere before the peer has closed; a challenge ACK each, and nothing else."""
    challenged(bench, row)


@case(
    "RFC9293:3.10.7.4-SYN-CW",
    "RFC9293:3.10.7.4-SYN-CLOSING",
    "RFC9293:3.10.7.4-SYN-LAST-ACK",
    rows={
        "CLOSE-WAIT": ("CLOSE-WAIT", "3.10.7.4-SYN-CW"),
        "CLOSING": ("CLOSING", "3.10.7.4-SYN-CLOSING"),
        "LAST-ACK": ("LAST-ACK", "3.10.7.4-SYN-LAST-ACK"),
    },
)
def syn_after_the_peers_fin(bench: Bench, row: tuple[str, str]) -> None:
    """SYNs anywhere once the peer has closed; a challenge ACK each, and nothing else."""
    challenged(bench, row)


@case("RFC5961:4.2-SYN", state="ESTABLISHED")
def syn_that_carries_more(bench: Bench) -> None:
    """SYN-ACK, SYN with text and SYN with FIN on an open connection; a challenge ACK each."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    for packet in (
        TCP(flags="SA", seq=first),
        TCP(flags="S", seq=first) / Raw(b"text"),
        TCP(flags="SFPA", seq=first) / Raw(b"text"),
    ):
        conn.send(packet)
        conn.expect("A", seq=conn.target.snd.nxt, ack=first)
    conn.expect_silence()
    conn.expect_state("ESTABLISHED")
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()


@case("RFC5961:4.2-SYN-RESTARTED-PEER", "RFC9293:3.5.1-HALFOPEN-SYN", state="ESTABLISHED")
def restarted_peer_clears_the_way(bench: Bench) -> None:
    """The peer has lost the connection and sends a new SYN; challenge ACK, its RST, a new one.

    The numbers are those of RFC 9293, figure 9: the reset takes its SEQ from the ACK.
    """
    conn = established(bench)
    reading = conn.app.begin_recv(100)
    syn = conn.send(TCP(flags="S", seq=conn.peer.snd.nxt + 400_000))
    told = conn.expect(
        "A",
        seq=conn.target.snd.nxt,
        ack=conn.peer.snd.nxt,
        requirement="3.5.1-HALFOPEN-SYN",
    )
    conn.send(TCP(flags="R", seq=told.segment.ack))
    reading.expect_return(errno="ECONNRESET")
    conn.expect_state("CLOSED")
    again = bench.connection(peer_port=conn.peer_port, iss=syn.seq)
    again.send("S")
    again.expect("SA", ack=again.peer.snd.nxt)


@case("RFC5961:4.2-SYN-CORNER", state="ESTABLISHED", measures=True)
def syn_one_below_the_window(bench: Bench) -> None:
    """A restarted peer's SYN happens to be RCV.NXT-1; what comes back is recorded."""
    conn = established(bench)
    conn.send(TCP(flags="S", seq=conn.peer.snd.nxt - 1))
    answers = conn.drop_arrivals()
    bench.check(len(answers) <= 1, True, "at most one answer")
    bench.measure("answer", "ACK" if answers else "none")
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")
