"""A client that sends text on its SYN does not believe the refusal, and waits in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import resets, seq
from tcpref.resets import reset_numbers
from tcpref.segment import ACK, Segment

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.1-SYN-DATA"


def syn_only(segment: Segment) -> tuple[int, int, int]:
    number, ack, flags = reset_numbers(segment)
    return number, seq.add(segment.seq, 1) if flags & ACK else ack, flags


def plant(patch: Patch) -> None:
    patch(resets, "reset_numbers", syn_only)
