"""A peer does not believe the reset that it gets, and goes on with a dead connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import resets
from tcpref.resets import reset_numbers
from tcpref.segment import ACK, Segment

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.1-ACK"


def zero(segment: Segment) -> tuple[int, int, int]:
    _, ack, flags = reset_numbers(segment)
    return 0, ack, flags | ACK


def plant(patch: Patch) -> None:
    patch(resets, "reset_numbers", zero)
