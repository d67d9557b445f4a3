"""How long the target of a capture waits before it sends the same again (RFC 6298, 5.5).

Of a time-out the wire shows no more than the waits between repetitions of what is earliest in
flight, with nothing from the peer in between. The first may be that of a tail loss probe (RFC 8985,
7); a packet that the capture lacks makes one wait too long. So it takes two waits in a row that are
no longer than the one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.oracle.wire_report import Finding
from tcpassay.wire import SYN

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.wire import Segment

#: RFC 6298, 2.5: a ceiling of the time-out is at least 60 s; what comes near it need not double.
CEILING_NS = 45 * NS_PER_S
#: Waits that show whether they grow: the first is left out, the others are compared by pairs.
WAITS = 4
#: By how much at least a wait is longer than the one before: doubled, what is missing considered.
GROWS_BY = 1.2


class Repeats:
    """The waits before the latest repetitions of one place, with no segment arrived between."""

    __slots__ = ("_at", "_last", "_waits")

    def __init__(self) -> None:
        self._at = -1
        self._last = 0
        self._waits: list[int] = []

    def disturbed(self) -> None:
        """Something has arrived: what is sent again now may be so for another cause than time."""
        self._at = -1

    def sent(self, at: int, now: int) -> list[int]:
        """A segment with the earliest octet in flight; the waits since the first time."""
        if at == self._at:
            self._waits.append(now - self._last)
        else:
            self._at, self._waits = at, []
        self._last = now
        return self._waits


def backs_off(flow: WireFlow, segment: Segment, at: int, now: int, n: int) -> None:
    """Each time-out doubles the next; probes of a closed window aside."""
    earliest = at <= flow.una < at + segment.seg_len
    shut = flow.edge is not None and flow.edge <= flow.una
    if not flow.exact or not earliest or shut or flow.seen.midway:
        return
    waits = flow.repeats.sent(at, now)
    if len(waits) < WAITS or waits[-1] > CEILING_NS:
        return
    clause = "RFC1122:4.2.3.1-SYN-SAME" if segment.flags & SYN else "RFC6298:5.5-BACKOFF"
    flow.seen.count(clause)
    before, middle, last = waits[-3:]
    if middle < GROWS_BY * before and last < GROWS_BY * middle:
        told = ", ".join(f"{wait / NS_PER_S:.3g} s" for wait in waits[-3:])
        right = f"after about {2 * middle / NS_PER_S:.3g} s"
        flow.found(Finding(n, clause, f"sent again after {told}", right))
