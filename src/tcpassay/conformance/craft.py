"""Making the octets of what the peer sends: from a few words, or from a Scapy packet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.outcome import Inconclusive
from tcpassay.wire import (
    ACK,
    SYN,
    Datagram,
    IPv4,
    IPv6,
    MaximumSegmentSize,
    Segment,
    build,
    flags_value,
)

if TYPE_CHECKING:
    from scapy.packet import Packet

    from tcpassay.conformance.peer import Arrival, Connection
    from tcpassay.wire import Option

PROTOCOL_TCP = 6
SYN_MSS = 1460


def segment(
    conn: Connection,
    flags: str,
    *,
    seq: int | None = None,
    ack: int | None = None,
    payload: bytes = b"",
    window: int | None = None,
    urgent: int = 0,
    options: tuple[Option, ...] = (),
) -> Segment:
    """A segment of this connection; what is left out is what an honest peer would send."""
    bits = flags_value(flags)
    if bits & SYN and not options:
        options = (MaximumSegmentSize(SYN_MSS),)
    if ack is None:
        ack = int(conn.peer.rcv.nxt) if bits & ACK else 0
    return Segment(
        sport=conn.peer_port,
        dport=conn.port,
        seq=int(conn.peer.snd.nxt if seq is None else seq),
        ack=int(ack),
        flags=bits,
        window=conn.window if window is None else window,
        urgent=urgent,
        options=options,
        payload=payload,
    )


def datagram(conn: Connection, body: Segment) -> bytes:
    """The segment in an IP datagram from the peer to the stack."""
    return _carry(conn, body, src=conn.peer_address, dst=conn.address)


def from_scapy(conn: Connection, packet: Packet) -> tuple[bytes, bool]:
    """A Scapy packet with its unset fields filled in; whether it took the next number."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.inet6 import IPv6 as ScapyIPv6

    network = IP if conn.bench.ip == 4 else ScapyIPv6
    if network not in packet:
        packet = network() / packet
    _fill(packet[network], src=conn.peer_address, dst=conn.address)
    if TCP not in packet:
        return bytes(packet), False
    tcp = packet[TCP]
    advance = "seq" not in tcp.fields
    _fill(
        tcp, sport=conn.peer_port, dport=conn.port, seq=int(conn.peer.snd.nxt), window=conn.window
    )
    if tcp.flags.A:
        _fill(tcp, ack=int(conn.peer.rcv.nxt))
    return bytes(packet), advance


def icmp(
    conn: Connection, message: Packet, quoting: Segment | Arrival | None, octets: int
) -> bytes:
    """An ICMP message about a datagram of the target, quoting the first `octets` of it."""
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6 as ScapyIPv6
    from scapy.packet import Raw

    quoted = _quoted(conn, quoting)[:octets]
    network = IP if conn.bench.ip == 4 else ScapyIPv6
    packet = network(src=conn.peer_address, dst=conn.address) / message / Raw(quoted)
    return bytes(packet)


def _quoted(conn: Connection, quoting: Segment | Arrival | None) -> bytes:
    if isinstance(quoting, Segment):
        return _carry(conn, quoting, src=conn.address, dst=conn.peer_address)
    arrival = quoting or conn.last_arrival
    if arrival is None:
        msg = "there is no segment of the target to quote"
        raise Inconclusive(msg)
    return arrival.octets


def _carry(conn: Connection, body: Segment, *, src: str, dst: str) -> bytes:
    if conn.bench.ip == 4:
        return build(Datagram(IPv4(src=src, dst=dst, protocol=PROTOCOL_TCP), body))
    return build(Datagram(IPv6(src=src, dst=dst, next_header=PROTOCOL_TCP), body))


def _fill(layer: Packet, **values: object) -> None:
    for name, value in values.items():
        if name not in layer.fields:
            setattr(layer, name, int(value) if isinstance(value, int) else value)
