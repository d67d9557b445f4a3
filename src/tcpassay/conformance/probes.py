"""What a case asks at its end: is the target alive, and does it still do its work?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcpassay.conformance.app import Socket
    from tcpassay.conformance.peer import Connection

ALIVE = b"alive"


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
