"""A connect() to a closed port waits for minutes in place of being refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import resets
from tcpref.resets import reset_numbers
from tcpref.segment import ACK

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:3.10.7.1-SYN"


def text_only(segment: Segment) -> tuple[int, int, int]:
    number, ack, flags = reset_numbers(segment)
    if flags & ACK:
        ack = (segment.seq + len(segment.payload)) & 0xFFFFFFFF
    return number, ack, flags


def plant(patch: Patch) -> None:
    patch(resets, "reset_numbers", text_only)
