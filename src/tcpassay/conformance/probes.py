"""What cases ask of a target beyond one segment: whether it lives, how it cuts its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.match import ANY
from tcpassay.conformance.outcome import Inconclusive

if TYPE_CHECKING:
    from scapy.packet import Packet

    from tcpassay.conformance.app import Pending, Socket
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Arrival, Connection

ALIVE = b"alive"
#: Addresses of no host on the link, for documentation (RFC 5737, RFC 3849).
FOREIGN = {4: "203.0.113.7", 6: "2001:db8:ffff::7"}


def serves(listener: Socket, *, requirement: str | None = None) -> Connection:
    """A clean handshake from a new port has to succeed, accept() to give it, and data to flow.

    Judged, unlike the helpers of `reach`: a listener that fails here is the target's fault.
    """
    conn = listener.app.bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt, requirement=requirement)
    conn.send("A")
    conn.app = listener.accept(requirement=requirement)
    conn.send("PA", payload=ALIVE)
    conn.app.recv(len(ALIVE), want=ALIVE, requirement=requirement)
    return conn


def reusing(bench: Bench, *, reuse: bool = True) -> Socket:
    """A fresh socket, with SO_REUSEADDR where wanted."""
    sock = bench.app.socket()
    if reuse:
        sock.set_option("SOL_SOCKET", "SO_REUSEADDR", 1)
    return sock


def refuses_text(conn: Connection, forged: Packet) -> None:
    """Text that must not be taken draws an ACK and is not read; honest text after it is."""
    first = conn.peer.snd.nxt
    conn.send(forged)
    conn.expect("A", seq=conn.target.snd.nxt, ack=first)
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()
    conn.send("PA", payload=b"honest")
    conn.expect("A", ack=first + 6, within=0.5)
    reading.expect_return(octets=b"honest")


def segment_sizes(conn: Connection, octets: int) -> list[int]:
    """The sizes of the target's segments, in order and each acknowledged, up to `octets` in all.

    Judged: each segment has to begin where the last ended, at most 3 s after it.
    """
    sizes: list[int] = []
    while sum(sizes) < octets:
        arrival = conn.expect("A", seq=conn.target.snd.nxt, payload=ANY, within=3)
        sizes.append(len(arrival.segment.payload))
        conn.send("A")
    return sizes


def syn_gap(bench: Bench) -> float:
    """Seconds until connect() sends an unanswered SYN again: by the manifest's schedule, else 1."""
    schedule = bench.manifest.limits.connect_schedule_s
    return schedule[1] - schedule[0] if len(schedule) > 2 else 1.0


def told(pending: Pending) -> str:
    """What a call that may do either came to: "success" or an errno."""
    pending.bench.wait_until(lambda: pending.returned is not None, 1.0)
    if pending.returned is None:
        return "no return"
    return pending.returned.errno or "success"


def cookie_in(arrival: Arrival) -> bytes | None:
    """The cookie for fast open of a SYN or SYN,ACK; None where it has no such option (RFC 7413)."""
    from tcpassay.wire import FastOpen

    for option in arrival.segment.options:
        if isinstance(option, FastOpen):
            return option.cookie
    return None


def latest(conn: Connection) -> Arrival:
    """The last segment of the target that the case has seen; Inconclusive where there is none."""
    if conn.last_arrival is None:
        msg = "nothing has come from the target yet"
        raise Inconclusive(msg)
    return conn.last_arrival
