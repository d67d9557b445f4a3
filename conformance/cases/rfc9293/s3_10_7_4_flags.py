"""RST beside SYN, FIN and all other flags, in every state: RFC 9293, section 3.10.7.4.

RST is looked at after the sequence number and before everything else. SYN beside FIN is judged in
`rfc5961/s4_syn`, segments without a flag in `s3_10_7_4_checks`; the states before the handshake
have files of their own.
"""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.probes import is_reset, reset_ends_time_wait, serves
from tcpassay.conformance.reach import listener, reach, syn_received

SECTION = "3.10.7.4"
FLAGS = {"syn": "SR", "fin": "FRA", "syn_fin": "SFR", "all": "FSRPAU"}
IDS = {
    "ESTABLISHED": "RST-ESTAB",
    "FIN-WAIT-1": "RST-FW1",
    "FIN-WAIT-2": "RST-FW2",
    "CLOSE-WAIT": "RST-CW",
    "CLOSING": "RST-CLOSING",
    "LAST-ACK": "RST-LAST-ACK",
    "TIME-WAIT": "RST-TW",
}
Row = tuple[str, str]


def rows(*states: str) -> dict[str, Row]:
    """A row a state and set of flags."""
    return {f"{state}-{name}": (state, flags) for state in states for name, flags in FLAGS.items()}


def resets(bench: Bench, row: Row) -> None:
    """The segment stands at RCV.NXT with text; the connection is gone, and nothing is answered."""
    state, flags = row
    requirement = f"3.10.7.4-{IDS[state]}"
    conn = reach(bench, state)
    reading = conn.app.begin_recv(100) if state in {"ESTABLISHED", "FIN-WAIT-1"} else None
    conn.send(TCP(flags=flags, seq=conn.peer.snd.nxt, urgptr=1) / Raw(b"text"))
    conn.expect_silence(0.1, requirement=requirement)
    if reading is not None:
        reading.expect_return(errno="ECONNRESET", requirement=requirement)
    conn.expect_state("CLOSED", requirement=requirement)
    conn.send("A")
    is_reset(conn, conn.peer.rcv.nxt, requirement=requirement)


@case(
    "RFC9293:3.10.7.4-RST-ESTAB",
    "RFC9293:3.10.7.4-RST-FW1",
    "RFC9293:3.10.7.4-RST-FW2",
    rows=rows("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"),
)
def reset_with_more_flags(bench: Bench, row: Row) -> None:
    """RST beside other flags before the peer's FIN; a reset, neither end-of-file nor challenge."""
    resets(bench, row)


@case(
    "RFC9293:3.10.7.4-RST-CW",
    "RFC9293:3.10.7.4-RST-CLOSING",
    "RFC9293:3.10.7.4-RST-LAST-ACK",
    rows=rows("CLOSE-WAIT", "CLOSING", "LAST-ACK"),
)
def reset_with_more_flags_after_the_peers_fin(bench: Bench, row: Row) -> None:
    """RST beside other flags once the peer has closed; the connection is gone."""
    resets(bench, row)


@case("RFC9293:3.10.7.4-RST-TW", rows=rows("TIME-WAIT"))
def reset_with_more_flags_in_time_wait(bench: Bench, row: Row) -> None:
    """RST beside other flags in TIME-WAIT; it ends, and no connection is opened in its place."""
    state, flags = row
    conn = reach(bench, state)
    conn.send(TCP(flags=flags, seq=conn.peer.snd.nxt, urgptr=1) / Raw(b"text"))
    conn.expect_silence(0.1)
    reset_ends_time_wait(conn, "3.10.7.4-RST-TW")


@case(
    "RFC5961:3.2-RST-INWINDOW",
    "RFC5961:3.2-RST-STATES",
    "RFC9293:3.10.7.4-SEQ-RST-SILENT",
    rows={state: state for state in IDS if state != "TIME-WAIT"},
)
def misplaced_reset_with_more_flags(bench: Bench, state: str) -> None:
    """RST beside other flags, in the window but not at RCV.NXT: a challenge ACK; outside: silence.

    Neither its SYN nor its FIN counts.
    """
    conn = reach(bench, state)
    first, ack = conn.peer.snd.nxt, conn.target.snd.una
    inside = "RFC5961:3.2-RST-INWINDOW" if state == "ESTABLISHED" else "RFC5961:3.2-RST-STATES"
    for flags in FLAGS.values():
        conn.send(TCP(flags=flags, seq=first + 100, ack=ack) / Raw(b"text"))
        conn.expect("A", seq=conn.target.snd.nxt, ack=first, requirement=inside)
        conn.send(TCP(flags=flags, seq=first - 1000, ack=ack) / Raw(b"text"))
        conn.send(TCP(flags=flags, seq=first + 2**30, ack=ack) / Raw(b"text"))
        conn.expect_silence(repeats=True, requirement="3.10.7.4-SEQ-RST-SILENT")
    conn.expect_state(state, requirement=inside)


@case("RFC9293:3.10.7.4-RST-SYNRCVD-PASSIVE", settings=("no_syn_cookies",), rows=FLAGS)
def reset_with_more_flags_in_syn_received(bench: Bench, flags: str) -> None:
    """RST beside other flags at RCV.NXT after a passive open; back to LISTEN, and no answer."""
    sock = listener(bench)
    sock.set_nonblocking()
    conn = syn_received(bench.connection())
    conn.send(TCP(flags=flags, seq=conn.peer.snd.nxt) / Raw(b"text"))
    conn.expect_silence(1.2)
    sock.accept(errno="EAGAIN")
    conn.expect_state("CLOSED")
    serves(sock)


@case("RFC9293:3.5.3-RST-SEQ-CHECK", "RFC9293:3.10.7.4-ACK-SYNRCVD-OK", state="SYN-RECEIVED")
def reset_beside_a_repeated_syn(bench: Bench) -> None:
    """SYN and RST with the number of the SYN that opened; it lies left of the window, silence."""
    sock = listener(bench)
    conn = syn_received(bench.connection())
    conn.send(TCP(flags="SR", seq=int(conn.peer.iss)))
    conn.expect_silence()
    conn.send("A")
    sock.accept(requirement="3.10.7.4-ACK-SYNRCVD-OK")
