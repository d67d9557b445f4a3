"""Blind SYNs: RFC 5961, section 4."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.reach import established

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
