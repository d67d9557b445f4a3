"""The sixth check, the URG bit, in each state: RFC 9293, section 3.10.7.4."""

from tcpassay.conformance.app import ready
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import reach

SECTION = "3.10.7.4"


def priority(conn: Connection) -> bool:
    """Whether poll() tells of urgent data now."""
    returned = conn.bench.app.poll((conn.app, ("POLLPRI",))).expect_return()
    return "POLLPRI" in ready(returned, conn.app)


def urgent_text_counts(bench: Bench, state: str) -> None:
    """One pointer on two segments and a repetition: told once, and the octet is taken once."""
    conn = reach(bench, state)
    conn.send(TCP(flags="AU", urgptr=3) / Raw(b"ab"))
    last = conn.peer.snd.nxt
    conn.send(TCP(flags="PAU", urgptr=1) / Raw(b"X"))
    bench.check(priority(conn), True, "POLLPRI")
    conn.app.recv(1, "MSG_OOB", want=b"X")
    conn.send(TCP(flags="PAU", urgptr=1, seq=last) / Raw(b"X"))
    bench.check(priority(conn), False, "POLLPRI for the same pointer once more")
    conn.app.recv(9, want=b"ab")


@case("RFC9293:3.10.7.4-URG-ESTAB", needs=("urgent",), state="ESTABLISHED")
def urgent_text_in_established(bench: Bench) -> None:
    """Urgent text in ESTABLISHED; told, and no more for the same pointer."""
    urgent_text_counts(bench, "ESTABLISHED")


@case("RFC9293:3.10.7.4-URG-FW1", needs=("urgent",), state="FIN-WAIT-1")
def urgent_text_in_fin_wait_1(bench: Bench) -> None:
    """Urgent text in FIN-WAIT-1; told, and no more for the same pointer."""
    urgent_text_counts(bench, "FIN-WAIT-1")


@case("RFC9293:3.10.7.4-URG-FW2", needs=("urgent",), state="FIN-WAIT-2")
def urgent_text_in_fin_wait_2(bench: Bench) -> None:
    """Urgent text in FIN-WAIT-2; told, and no more for the same pointer."""
    urgent_text_counts(bench, "FIN-WAIT-2")


@case(
    "RFC9293:3.10.7.4-URG-AFTER-FIN",
    rows={"close_wait": "CLOSE-WAIT", "last_ack": "LAST-ACK", "closing": "CLOSING"},
    needs=("urgent",),
)
def urg_after_the_peers_fin(bench: Bench, state: str) -> None:
    """URG after the peer's FIN, with a pointer ahead and with text; ignored."""
    conn = reach(bench, state)
    seq, ack = conn.peer.snd.nxt, conn.target.snd.una
    conn.send(TCP(flags="AU", urgptr=1, seq=seq, ack=ack))
    conn.send(TCP(flags="AU", urgptr=1, seq=seq, ack=ack) / Raw(b"X"))
    conn.expect_state(state)
    bench.check(priority(conn), False, "POLLPRI")
    conn.app.recv(1, "MSG_OOB", errno="EINVAL")
