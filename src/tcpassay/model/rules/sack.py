"""RFC 2018, 3 and 4: what a SACK block tells is what has come, apart from what others tell."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.rules.text import MANY
from tcpassay.model.tcb import offset
from tcpassay.wire import Sack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcpassay.model.ranges import Range
    from tcpassay.wire import Option

#: What is wrong with a block.
TURNED = "that ends before it begins"
NOT_ABOVE = "that does not lie above it"
NOT_COME = "that has not come"
NOT_APART = "that is not apart from another"


class Wrong(NamedTuple):
    """A block that may not be told, and why."""

    block: Range
    why: str


def blocks_of(options: Iterable[Option]) -> tuple[Range, ...]:
    """The blocks of all SACK options, in their order."""
    return tuple(block for option in options if isinstance(option, Sack) for block in option.blocks)


def wrong_block(
    blocks: Sequence[Range], held: tuple[Range, ...], fin: int | None, rcv_nxt: int
) -> Wrong | None:
    """The first block that may not be told beside this RCV.NXT; None where all may.

    `held` are the ranges above it that have come, `fin` is the number of the last FIN that has. A
    part of a range may be told: the rest may have been dropped (RFC 2018, 8). The first block may
    tell of a repetition, below RCV.NXT or within another block (RFC 2883, 4).

    Behind a FIN it is left to `never_came` what has come: a FIN is an octet as any (RFC 9293, 3.4)
    that blocks may hold or join, others may have been before it, and text that lies behind it, or
    where it is, may be kept.
    """
    if not blocks:
        return None
    repeats = offset(blocks[0][1], rcv_nxt) <= 0
    for at, block in enumerate(blocks):
        left, right = block
        if offset(right, left) <= 0:
            return Wrong(block, TURNED)
        if repeats and not at:
            continue
        if offset(right, rcv_nxt) <= 0:
            return Wrong(block, NOT_ABOVE)
        if fin is None and not any(_within(block, each) for each in held):
            return Wrong(block, NOT_COME)
    if fin is not None or len(held) > MANY:
        # RFC 2018, 8: the newest is told even where there is no room for it beside the others.
        return None
    repeats = repeats or any(_within(blocks[0], other) for other in blocks[1:])
    for one, other in combinations(blocks[repeats:], 2):
        if offset(one[0], other[1]) <= 0 <= offset(one[1], other[0]):
            return Wrong(other, NOT_APART)
    return None


def never_came(blocks: Iterable[Range], came: Sequence[Range]) -> Wrong | None:
    """The first block with an octet that no segment of the peer's has had; None where each has come
    in one. `came` are the numbers of its segments, whatever has become of them.
    """
    for left, right in blocks:
        at: int | None = left
        while at is not None and offset(at, right) < 0:
            # What is told has mostly come last.
            holds = (high for low, high in reversed(came) if _holds((low, high), at))
            at = next(holds, None)
        if at is None:
            return Wrong((left, right), NOT_COME)
    return None


def _holds(block: Range, number: int) -> bool:
    return offset(block[0], number) <= 0 < offset(block[1], number)


def _within(block: Range, other: Range) -> bool:
    return offset(block[0], other[0]) >= 0 >= offset(block[1], other[1])
