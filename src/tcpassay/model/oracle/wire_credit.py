"""Acknowledgements in a capture that nothing has called for: what ACK loops and storms are made of.

What the rules answer by silence calls for none: an acceptable ACK without text. Everything else
may draw one, for as long as an ACK may be delayed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.oracle.wire_report import Finding

if TYPE_CHECKING:
    from tcpassay.model.answers import Branch
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.wire import Segment

CLAUSE = "RFC5961:10-ACK-LOOP"
#: For so long after its cause an acknowledgement may come (MUST-40, and time to cross).
LASTS_NS = NS_PER_S
#: So many in a row are no accident.
ROW = 3
#: One captured segment may be several that a network card has put together; each of this size.
SMALL = 536
#: RFC 8684: the option by which ACKs speak of other things than of octets.
MULTIPATH = 30


class Credit:
    """How many acknowledgements may still come, and how many have come beyond."""

    __slots__ = ("beyond", "left", "until")

    def __init__(self) -> None:
        self.left = self.until = self.beyond = 0


def calls(flow: WireFlow, branches: tuple[Branch, ...], segment: Segment, now: int) -> None:
    """A segment has arrived: the acknowledgements that it may draw."""
    if all(branch.answer.kind == "silence" for branch in branches):
        return
    credit = flow.credit
    if now > credit.until:
        credit.left = 0
    credit.left += 1 + len(segment.payload) // SMALL
    credit.until = now + LASTS_NS
    credit.beyond = 0


def uncalled(flow: WireFlow, segment: Segment, at: int, right: int, now: int, n: int) -> None:
    """A bare ACK at SND.NXT, its window's right edge at `right`, that nothing has called for."""
    if segment.seg_len or at != flow.high or flow.right is None or right > flow.right:
        return
    if any(option.kind == MULTIPATH for option in segment.options):
        return
    flow.seen.count(CLAUSE)
    credit = flow.credit
    if credit.left and now <= credit.until:
        credit.left -= 1
        return
    credit.beyond += 1
    if credit.beyond == ROW:
        why = f"the {ROW}rd acknowledgement in a row that nothing has called for"
        flow.found(Finding(n, CLAUSE, why, "silence"))
