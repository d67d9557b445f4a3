"""Peers that make many connections wait; others are served: RFC 9293, section 7."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import is_reset, serves
from tcpassay.conformance.reach import listener, syn_received

WINDOWS, CLOSES, HOLES = (
    "RFC9293:7-ZERO-WINDOW-FLOOD",
    "RFC9293:7-FIN-WAIT-2-FLOOD",
    "RFC9293:7-OUT-OF-ORDER-FLOOD",
)
#: Connections of the attacker's.
STUCK = 60
ISLANDS = 100


def attacker(bench: Bench, sock: Socket, *, window: int = 65_535) -> Connection:
    """One more connection of the attacker's, which the application has accepted."""
    with bench.reaching("a connection of the attacker's", whole=False):
        conn = syn_received(bench.connection())
        conn.window = window
        conn.send("A")
        conn.app = sock.accept()
    return conn


def others_are_served(sock: Socket, honest: Connection, requirement: str) -> None:
    """An honest connection carries text both ways, and a new client gets in."""
    honest.drop_arrivals()
    honest.send("PA", payload=b"question")
    honest.app.recv(100, want=b"question", requirement=requirement)
    honest.app.send(bytes(1_000), requirement=requirement)
    honest.expect("A", ack=honest.peer.snd.nxt, payload=1_000, requirement=requirement)
    honest.send("A")
    serves(sock, requirement=requirement)


@case(WINDOWS, state="ESTABLISHED")
def windows_that_stay_closed(bench: Bench) -> None:
    """60 connections whose peer wants 8,000 octets and opens no window; others are served."""
    sock = listener(bench)
    honest = serves(sock)
    for _ in range(STUCK):
        attacker(bench, sock, window=0).app.send(bytes(8_000))
    bench.wait(0.3)
    others_are_served(sock, honest, WINDOWS)


@case(CLOSES, "LINUX:FIN_TIMEOUT", settings=("fast_fin_timeout",), state="FIN-WAIT-2", real_s=3.5)
def peers_that_never_close(bench: Bench) -> None:
    """60 connections closed by the application, their FINs acknowledged and never answered.

    Others are served meanwhile. In the end nothing is left of the 60: a late FIN draws a reset.
    """
    sock = listener(bench)
    honest = serves(sock)
    stuck = [attacker(bench, sock) for _ in range(STUCK)]
    for conn in stuck:
        conn.app.close()
        conn.expect("FA", ack=conn.peer.snd.nxt)
        conn.send("A")
    others_are_served(sock, honest, CLOSES)
    bench.wait(600 if bench.virtual else 2.5)
    for conn in stuck:
        conn.drop_arrivals()
        conn.send("FA")
        is_reset(conn, conn.peer.rcv.nxt, requirement="LINUX:FIN_TIMEOUT")
    others_are_served(sock, honest, CLOSES)


@case(HOLES, state="ESTABLISHED")
def holes_that_are_never_filled(bench: Bench) -> None:
    """Eight connections send 100 octets each with a hole before every one; others are served.

    An honest connection's text behind a hole is still kept. Once all comes in order, what the
    attacker has sent is read as well, each octet once.
    """
    sock = listener(bench)
    honest = serves(sock)
    stuck = [attacker(bench, sock) for _ in range(8)]
    whole = bytes(number % 251 for number in range(2 * ISLANDS))
    for conn in stuck:
        first = int(conn.peer.snd.nxt)
        for at in range(1, 2 * ISLANDS, 2):
            conn.send("A", seq=first + at, payload=whole[at : at + 1])
    honest.drop_arrivals()
    due = honest.peer.snd.nxt
    honest.send("PA", seq=int(due + 100), payload=b"behind a hole")
    honest.expect("A", ack=due)
    honest.send("PA", payload=bytes(100))
    honest.expect("A", ack=due + 113)
    honest.peer.snd.nxt = due + 113
    honest.app.recv(200, want=bytes(100) + b"behind a hole")
    others_are_served(sock, honest, HOLES)
    for conn in stuck:
        conn.send("PA", payload=whole)
        conn.app.recv(2 * len(whole), want=whole)
