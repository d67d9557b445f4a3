"""Initial sequence numbers (RFC 9293, 3.4.1; RFC 6528).

ISN = M + F(local address, local port, remote address, remote port, secret), where M counts steps
of 4 microseconds (MUST-8) and F is a keyed hash that nobody outside can compute (MUST-9, SHLD-1).
"""

from __future__ import annotations

from hashlib import blake2b

from tcpref import seq
from tcpref.tcb import Key

TICK_NS = 4_000


def clock(now: int) -> int:
    """M: it goes round once in 4.77 hours."""
    return now // TICK_NS


def offset(secret: bytes, key: Key, person: bytes = b"") -> int:
    """F: one fixed place on the circle for each pair of ends, another one for each `person`."""
    local, local_port, remote, remote_port = key
    ends = b"%b%b%b%b" % (
        local,
        local_port.to_bytes(2, "big"),
        remote,
        remote_port.to_bytes(2, "big"),
    )
    return int.from_bytes(blake2b(ends, digest_size=4, key=secret, person=person).digest(), "big")


def initial_sequence_number(secret: bytes, key: Key, now: int) -> int:
    """The ISN of a connection opened at `now` (nanoseconds)."""
    return seq.add(clock(now), offset(secret, key))
