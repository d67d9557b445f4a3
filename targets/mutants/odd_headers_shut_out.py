"""A client whose options are damaged once, or not as usual, is not served any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ip_input
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-7"


LENGTHS = {2: (4,), 3: (3,), 4: (2,), 5: (10, 18, 26, 34), 8: (10,)}
arrives = Stack.datagram_arrives


def odd(segment: bytes) -> bool:
    header = (segment[12] >> 4) * 4
    if not 20 <= header <= len(segment):
        return True
    area, seen = segment[20:header], set[int]()
    while area and area[0]:
        kind, length = area[0], 1 if area[0] == 1 else int.from_bytes(area[1:2], "big")
        wrong = length not in LENGTHS.get(kind, (length,)) or length > len(area)
        if wrong or kind in seen or (kind != 1 and length < 2):
            return True
        seen |= {kind} - {1}
        area = area[length:]
    return False


def wary(stack: Stack, octets: bytes) -> None:
    packet, shut_out = ip_input.parse(octets), vars(stack).setdefault("shut_out", set())
    if packet is not None and packet.src not in shut_out:
        if len(packet.payload) >= 20 and odd(packet.payload):
            shut_out.add(packet.src)
        arrives(stack, octets)


def plant(patch: Patch) -> None:
    patch(Stack, "datagram_arrives", wary)
