"""A datagram in one line, for traces: whatever can be read of it, else its octets."""

from __future__ import annotations

from tcpassay.wire import tcp
from tcpassay.wire.datagram import parse
from tcpassay.wire.errors import ParseError
from tcpassay.wire.segment_text import packetdrill_flags


def packet_text(octets: bytes) -> str:
    """Ports, flags, numbers, window, options and length of a segment."""
    try:
        body = parse(octets).body
    except ParseError as error:
        return f"{octets.hex()} ({error})"
    if not isinstance(body, tcp.Segment):
        return f"{type(body).__name__} {octets.hex()}"
    odd = "" if body.checksum is None else " bad checksum"
    options = " ".join(str(option) for option in body.options)
    return (
        f"{body.sport} > {body.dport} {packetdrill_flags(body.flags)} seq {body.seq} "
        f"ack {body.ack} win {body.window} len {len(body.payload)} {options}{odd}"
    )
