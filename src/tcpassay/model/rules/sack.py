"""RFC 2018, 3 and 4: what a SACK block tells is what has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.tcb import offset
from tcpassay.wire import Sack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.model.ranges import Range
    from tcpassay.wire import Segment


def blocks_of(segment: Segment) -> tuple[Range, ...]:
    """The blocks of a segment's SACK option, in its order; none where it has none."""
    for option in segment.options:
        if isinstance(option, Sack):
            return option.blocks
    return ()


def not_come(
    blocks: Iterable[Range], held: tuple[Range, ...], fin: int | None, rcv_nxt: int
) -> Range | None:
    """The first block that tells of what has not come; None where all tell of what has.

    `held` are the ranges above RCV.NXT that have come, `fin` is the number of the last FIN that
    has. A FIN is an octet as any (RFC 9293, 3.4) that blocks may hold or join, and others may have
    been before it: behind one nothing is said. The first block may tell of a repetition below
    RCV.NXT (RFC 2883, 4).
    """
    if fin is not None:
        return None
    for at, (left, right) in enumerate(blocks):
        if offset(right, left) <= 0:
            return left, right
        if not at and offset(right, rcv_nxt) <= 0:
            continue
        if not any(offset(left, low) >= 0 >= offset(right, high) for low, high in held):
            return left, right
    return None
