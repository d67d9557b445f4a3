"""Firewalls drop text: the header length spills into the reserved bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.checksum import checksum, remainder
from tcpref.segment import PSH, build_segment, pseudo_header

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.1-RSRVD-TX"


def build(src: bytes, dst: bytes, *ports: int, **fields: object) -> bytes:
    datagram = build_segment(src, dst, *ports, **fields)  # type: ignore[arg-type]
    start = 20 if len(src) == 4 else 40
    octets = bytearray(datagram[start:])
    if octets[13] & PSH:
        octets[12] |= 2
        octets[16:18] = bytes(2)
        total = remainder(bytes(octets)) + pseudo_header(src, dst, len(octets))
        octets[16:18] = checksum(total).to_bytes(2, "big")
    return datagram[:start] + bytes(octets)


def plant(patch: Patch) -> None:
    patch(output, "build_segment", build)
