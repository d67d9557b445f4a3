"""Blind injection by many guesses: RFC 5961. One guess of each kind is in the folder rfc5961."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import established
from tcpassay.core.seq import Seq

OUTSIDE, INSIDE = "RFC5961:3.2-RST-OUT", "RFC5961:3.2-RST-INWINDOW"
SYN = "RFC5961:4.2-SYN"
TOO_OLD, TOO_NEW = "RFC5961:5.2-ACK-RANGE-LOW", "RFC5961:5.2-ACK-RANGE-HIGH"
#: More than the reference stack answers in a second.
MANY = 110
WHOLE = 2**32
#: A limit of answers that is used up must not be a way in.
ATTACK = {"settings": ("challenge_ack_limit",), "state": "ESTABLISHED"}


def outside(due: Seq) -> list[int]:
    """Guesses at one distance of 2^16 after the other, and all round the circle; none fits."""
    near = [int(due + step * 2**16) for step in range(1, MANY)]
    return near + [int(due + step * (WHOLE // MANY)) for step in range(1, MANY)]


def inside(conn: Connection) -> list[int]:
    """Guesses all over the window but for its left edge."""
    due, window = conn.peer.snd.nxt, conn.target.rcv.wnd
    return [int(due + step * (window // MANY)) for step in range(1, MANY)]


def lives(conn: Connection, requirement: str) -> None:
    """Text still goes both ways, and nothing has come between it."""
    conn.drop_arrivals()
    conn.send("PA", payload=b"honest")
    conn.app.recv(100, want=b"honest", requirement=requirement)
    conn.app.send(b"answer")
    conn.expect("A", ack=conn.peer.snd.nxt, payload=b"answer", requirement=requirement)


@case(OUTSIDE, INSIDE, **ATTACK)
def resets(bench: Bench) -> None:
    """Resets all round the number space, then all over the window; the connection lives.

    The window is safe where a target challenges what is in it (RFC 5961, 3.2).
    """
    conn = established(bench)
    for guess in outside(conn.peer.snd.nxt):
        conn.send("R", seq=guess)
    bench.check(len(conn.drop_arrivals()), 0, "answers")
    lives(conn, OUTSIDE)
    for guess in inside(conn) if bench.has("rfc5961") else ():
        conn.send("R", seq=guess)
    lives(conn, INSIDE)


@case(SYN, rows={"outside": "outside", "inside": "inside", "due": "due"}, **ATTACK)
def syns(bench: Bench, where: str) -> None:
    """SYNs round the number space, over the window, or at RCV.NXT; the connection lives."""
    conn = established(bench)
    due = conn.peer.snd.nxt
    guesses = {"outside": outside(due), "inside": inside(conn), "due": [int(due)] * MANY}
    for guess in guesses[where]:
        conn.send("S", seq=guess)
    lives(conn, SYN)


@case(TOO_OLD, TOO_NEW, **ATTACK)
def text(bench: Bench) -> None:
    """Text at RCV.NXT and behind it with guessed ACKs, too old, then too new; none is read."""
    conn = established(bench)
    step = WHOLE // MANY
    for requirement, sign in ((TOO_OLD, -1), (TOO_NEW, 1)):
        edge = int(conn.target.snd.una)
        due = int(conn.peer.snd.nxt)
        for number in range(1, MANY // 2):
            for seq in (due, due + 6):
                ack = (edge + sign * number * step) % WHOLE
                conn.send("PA", seq=seq, ack=ack, payload=b"forged")
        lives(conn, requirement)
