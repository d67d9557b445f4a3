"""The handshake of ECN: RFC 3168, section 6.1.1."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import (
    ECT_0,
    NOT_ECT,
    codepoint,
    latest,
    says,
    syn_gap,
)
from tcpassay.conformance.reach import established, listener, syn_sent
from tcpassay.wire import SYN

NEEDS = ("ecn",)
OFFERS = ("ecn", "active_open")
OFFERED = ("ecn_offered",)


def data(conn: Connection, *, requirement: str | None = None) -> Arrival:
    """A segment of new text."""
    conn.app.send(b"some text")
    return conn.expect("A", payload=b"some text", requirement=requirement)


def answered(conn: Connection, flags: str) -> Connection:
    """The peer answers the target's SYN, and connect() succeeds."""
    with conn.bench.reaching("ESTABLISHED"):
        conn.send(flags)
        conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    return conn


@case("RFC3168:6.1.1-SYNACK", measures=True, needs=NEEDS, state="LISTEN")
def ecn_setup_syn(bench: Bench) -> None:
    """An ECN-setup SYN; the flags of the SYN,ACK: ECE alone agrees, neither declines."""
    listener(bench)
    conn = bench.connection()
    conn.send("SEC")
    syn_ack = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.measure("flags of the SYN,ACK", says(syn_ack) or "neither")


@case(
    "RFC3168:6.1.1-SYNACK-MUSTNOT",
    rows={"plain": "S", "ece_only": "SE", "cwr_only": "SC"},
    state="LISTEN",
)
def other_syn_gets_no_ecn(bench: Bench, flags: str) -> None:
    """A SYN without both of ECE and CWR; the SYN,ACK does not say ECE."""
    listener(bench)
    conn = bench.connection()
    conn.send(flags)
    syn_ack = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check("E" in says(syn_ack), False, "ECE in the SYN,ACK")


@case("RFC3168:6.1.1-UNWILLING", needs=NEEDS, settings=("no_ecn",), state="LISTEN")
def unwilling_host_declines(bench: Bench) -> None:
    """ECN is off and an ECN-setup SYN comes; the SYN,ACK says neither, and text is not ECT."""
    listener_ = listener(bench)
    conn = bench.connection()
    conn.send("SEC")
    syn_ack = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check(says(syn_ack), "", "ECE and CWR in the SYN,ACK")
    conn.send("A")
    conn.app = listener_.accept()
    bench.check(codepoint(data(conn)), NOT_ECT, "codepoint of text")


@case("RFC3168:6.1.1-SYN-NOECT", state="LISTEN")
def syn_ack_is_not_ect(bench: Bench) -> None:
    """An ECN-setup SYN; whatever the SYN,ACK says, its datagram is not ECT."""
    listener(bench)
    conn = bench.connection()
    conn.send("SEC")
    bench.check(codepoint(conn.expect("SA")), NOT_ECT, "codepoint of the SYN,ACK")


@case("RFC3168:6.1.1-SYN-NOECT", needs=OFFERS, settings=OFFERED, state="SYN-SENT")
def syn_is_not_ect(bench: Bench) -> None:
    """connect() with ECN on; the datagram of its SYN is not ECT, nor is that of a later one."""
    conn, _ = syn_sent(bench)
    bench.check(codepoint(latest(conn)), NOT_ECT, "codepoint of the SYN")
    again = conn.expect("S", seq=conn.target.iss, within=1.5 * syn_gap(bench))
    bench.check(codepoint(again), NOT_ECT, "codepoint of the SYN sent again")


@case("RFC3168:6.1.1-OFFER", needs=OFFERS, settings=OFFERED, state="SYN-SENT")
def connect_offers(bench: Bench) -> None:
    """connect() with ECN on; its SYN has ECE and CWR, and once that is agreed to text is ECT."""
    conn, pending = syn_sent(bench)
    bench.check(says(latest(conn)), "EC", "flags of the SYN")
    conn.send("SAE")
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    pending.expect_return(0)
    bench.check(codepoint(data(conn)), ECT_0, "codepoint of text")


@case("RFC3168:6.1.1-NO-ECT-UNNEG", rows={"listen": "listen", "connect": "connect"})
def text_without_agreement(bench: Bench, way: str) -> None:
    """A handshake in which the peer says nothing of ECN; text is not ECT."""
    conn = established(bench, "listen" if way == "listen" else "connect")
    bench.check(codepoint(data(conn)), NOT_ECT, "codepoint of text")


@case("RFC3168:6.1.1-NO-ECT-UNNEG", needs=OFFERS, settings=OFFERED)
def offer_declined(bench: Bench) -> None:
    """connect() offers ECN and the SYN,ACK says nothing of it; text is not ECT."""
    conn, _ = syn_sent(bench)
    bench.check(codepoint(data(answered(conn, "SA"))), NOT_ECT, "codepoint of text")


@case("RFC3168:6.1.1-REFLECT", needs=OFFERS, settings=OFFERED)
def reflected_flags(bench: Bench) -> None:
    """The SYN,ACK repeats ECE and CWR of the SYN; text is not ECT."""
    conn, _ = syn_sent(bench)
    answered(conn, "SAEC")
    bench.check(codepoint(data(conn)), NOT_ECT, "codepoint of text")


@case("RFC3168:6.1.1-MIXED", needs=NEEDS, state="SYN-RECEIVED")
def syn_again_without_the_offer(bench: Bench) -> None:
    """An ECN-setup SYN and then, as if that had been lost, one without; text is not ECT."""
    listener_ = listener(bench)
    conn = bench.connection()
    conn.send("SEC")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("S", seq=conn.peer.iss)
    bench.wait(0.1)
    conn.drop_arrivals()
    conn.send("A")
    conn.app = listener_.accept()
    bench.check(codepoint(data(conn)), NOT_ECT, "codepoint of text")


@case(
    "RFC3168:6.1.1.1-FALLBACK",
    needs=OFFERS,
    settings=(*OFFERED, "doubling_syn"),
    state="SYN-SENT",
    measures=True,
)
def lost_offers(bench: Bench) -> None:
    """No SYN of connect() is answered; which is the first without ECE and CWR is recorded."""
    conn, _ = syn_sent(bench)
    gap, sent = syn_gap(bench), 1
    arrival = latest(conn)
    while says(arrival) and sent < 3:
        arrival = conn.expect("S", seq=conn.target.iss, within=2 * gap * 2**sent)
        sent += 1
    bench.measure("first SYN without ECN", "none" if says(arrival) else sent)


@case("RFC3168:6.1.1.1-FALLBACK", needs=OFFERS, settings=OFFERED, state="SYN-SENT", measures=True)
def refused_offer(bench: Bench) -> None:
    """A reset answers the ECN-setup SYN; whether a SYN without ECE and CWR follows is recorded."""
    conn, pending = syn_sent(bench)
    conn.send("RA")
    bench.wait(0.2)
    syns = [arrival for arrival in conn.drop_arrivals() if arrival.segment.flags & SYN]
    told = "connect() fails" if pending.returned else "connect() goes on"
    bench.measure("after a reset", "a SYN without ECN" if syns else told)


@case("RFC3168:6.1.1-NO-ECT-UNNEG", needs=OFFERS, settings=(*OFFERED, "doubling_syn"))
def late_agreement(bench: Bench) -> None:
    """A SYN without the offer has followed, and the first is agreed to; text is not ECT."""
    conn, _ = syn_sent(bench)
    gap, arrival = syn_gap(bench), latest(conn)
    with bench.reaching("a SYN without ECN", whole=False):
        for sent in (1, 2):
            if says(arrival):
                arrival = conn.expect("S", seq=conn.target.iss, within=2 * gap * 2**sent)
        bench.check(says(arrival), "", "flags of the SYN")
    answered(conn, "SAE")
    bench.check(codepoint(data(conn)), NOT_ECT, "codepoint of text")


@case("RFC3168:6.1.1-OFFER", needs=("ecn", "simultaneous_open"), settings=OFFERED)
def crossing_offers(bench: Bench) -> None:
    """Both SYNs offer ECN and cross; the SYN,ACK says ECE alone, and text is ECT."""
    conn, pending = syn_sent(bench)
    conn.send("SEC")
    syn_ack = conn.expect("SA", seq=conn.target.iss)
    bench.check(says(syn_ack), "E", "flags of the SYN,ACK")
    conn.send("SAE", seq=conn.peer.iss)
    pending.expect_return(0)
    conn.drop_arrivals()
    bench.check(codepoint(data(conn)), ECT_0, "codepoint of text")
