"""IP fragments of a peer's segment, cut where a case wants them cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance import craft

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scapy.packet import Packet

    from tcpassay.conformance.peer import Connection

#: How far the identifications of neighbouring ports lie apart.
_STRIDE = 101


def cut(conn: Connection, flags: str, payload: bytes, octets: int, *, ident: int) -> list[bytes]:
    """The segment that is due, in datagrams with `octets` of its octets each, a multiple of 8.

    The peer's numbers count it as sent, as if it had gone in one piece.
    """
    segment = craft.segment(conn, flags, payload=payload)
    whole = craft.datagram(conn, segment)
    conn.peer.snd.nxt = conn.peer.snd.nxt + segment.seg_len
    conn.numbers.sent(segment)
    text = whole[20 if conn.bench.ip == 4 else 40 :]
    starts = range(0, len(text), octets)
    return [
        piece(conn, start, text[start : start + octets], last=start == starts[-1], ident=ident)
        for start in starts
    ]


def piece(conn: Connection, start: int, text: bytes, *, last: bool, ident: int) -> bytes:
    """A datagram that carries octets of a segment from `start`, a multiple of 8, on."""
    from tcpassay.conformance.layers import Raw

    return bytes(header(conn, start // 8, last=last, ident=ident) / Raw(text))


def header(conn: Connection, place: int, *, last: bool, ident: int) -> Packet:
    """The headers of a fragment; `place` is its offset in units of eight octets."""
    from tcpassay.conformance.layers import IP, IPv6, IPv6ExtHdrFragment

    ends = {"src": conn.peer_address, "dst": conn.address}
    ident = identification(conn, ident)
    if conn.bench.ip == 4:
        return IP(**ends, id=ident, frag=place, flags=0 if last else "MF", proto=6)
    return IPv6(**ends) / IPv6ExtHdrFragment(nh=6, offset=place, m=int(not last), id=ident)


def identification(conn: Connection, ident: int) -> int:
    """The identification that `ident` stands for, 16 bits: each connection has others.

    A stack that outlives the case may hold pieces of an earlier one for a minute.
    """
    return (ident + _STRIDE * conn.peer_port) % 2**16


def send_all(conn: Connection, datagrams: Iterable[bytes]) -> None:
    """Hand datagrams to the target, one after another."""
    for octets in datagrams:
        conn.bench.send_octets(octets)
