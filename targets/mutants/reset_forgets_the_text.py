"""A reset that answers text without ACK acknowledges none of it, and is not believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import resets
from tcpref.resets import reset_numbers
from tcpref.segment import ACK

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:3.10.7.1-NOFLAGS"


def controls_only(segment: Segment) -> tuple[int, int, int]:
    bare = segment if segment.flags & ACK else segment._replace(payload=b"")
    return reset_numbers(bare)


def plant(patch: Patch) -> None:
    patch(resets, "reset_numbers", controls_only)
