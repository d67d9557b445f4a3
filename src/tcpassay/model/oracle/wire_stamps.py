"""The timestamps of a capture: what the target may echo, and that its clock never goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.rules.departure import Refusal
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import offset
from tcpassay.wire import RST

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.wire import Segment

_MOST = 8192
_NS_PER_MS = 1_000_000
#: Ticks that a peer's clock may be ahead of what its last segment said, beyond the time since.
_AHEAD = 1000
#: Ticks by which a SYN that the capture lacks may be older than its repetition.
_BEFORE = 130_000
#: RFC 7323, 5.5: TS.Recent is outdated when nothing has come for so long.
_OUTDATED_NS = 24 * 86_400 * 1_000 * _NS_PER_MS

ECHO = "RFC7323:3.2-TSECR-ECHO"
CLOCK = "RFC7323:5.4-TSVAL-MONOTONE"


class Judged(NamedTuple):
    """Whether an echo could be judged, and what is wrong with it."""

    sure: bool
    wrong: Refusal | None = None


class Stamps:
    """TSvals of the peer, and the last of each kind from the target."""

    __slots__ = ("_echoed", "_latest", "_latest_ns", "_oldest", "_own", "_seen")

    def __init__(self) -> None:
        self._seen: dict[int, None] = {}
        self._oldest: int | None = None
        self._latest = self._latest_ns = 0
        self._echoed: int | None = None
        self._own: int | None = None

    def arrives(self, segment: Segment, now: int) -> None:
        """The peer's segment may be echoed from now on."""
        stamps = timestamps(segment)
        if stamps is None or segment.flags & RST:
            return
        if self._oldest is None:
            self._oldest = stamps.tsval
        if now - self._latest_ns > _OUTDATED_NS:
            self._echoed = None
        self._seen[stamps.tsval] = None
        self._latest, self._latest_ns = stamps.tsval, now
        if len(self._seen) > _MOST:
            del self._seen[next(iter(self._seen))]

    def echoes(self, tsecr: int, now: int, *, midway: bool, in_order: bool) -> Judged:
        """RFC 7323, 3.2: TSecr is a TSval that has come; in order, none before the last one."""
        if self._oldest is None or (midway and offset(tsecr, self._oldest) <= 0):
            return Judged(sure=False)
        if tsecr in self._seen:
            last, self._echoed = self._echoed, tsecr
            if in_order and last is not None and offset(tsecr, last) < 0:
                self._echoed = last
                why = f"TSecr={tsecr}, and it was {last} before"
                return Judged(sure=True, wrong=Refusal(ECHO, why, f"TSecr={last} or more"))
            return Judged(sure=True)
        # The peer's clock ticks every millisecond at most (RFC 7323, 5.4): until then a packet
        # that the capture lacks may have had this one.
        ticks = (now - self._latest_ns) // _NS_PER_MS + _AHEAD
        if offset(tsecr, self._oldest) > -_BEFORE and offset(tsecr, self._latest) <= ticks:
            return Judged(sure=False)
        why = f"TSecr={tsecr}, which the peer has not sent"
        right = f"TSecr={self._latest} or one before it"
        return Judged(sure=True, wrong=Refusal(ECHO, why, right))

    def ticks(self, tsval: int) -> Refusal | None:
        """RFC 7323, 5.4: TSval never goes back."""
        last = self._own
        if last is not None and offset(tsval, last) < 0:
            return Refusal(CLOCK, f"TSval={tsval}, and it was {last} before", f"{last} or more")
        self._own = tsval
        return None


def stamped(flow: WireFlow, segment: Segment, n: int) -> None:
    """RFC 7323, 3.2: a timestamp in every segment, and an echo of one that has come."""
    stamps = timestamps(segment)
    if not (flow.peer.stamps and flow.own.stamps):
        if stamps is None or not flow.seen.midway:
            return
    else:
        flow.seen.count("RFC7323:3.2-ALWAYS")
        if stamps is None:
            why = "no timestamp, and both ends have agreed on them"
            flow.found(Finding(n, "RFC7323:3.2-ALWAYS", why, "a timestamp", whole=False))
            return
    echoes(flow, stamps.tsecr, n)
    if flow.exact:
        flow.seen.count(CLOCK)
        wrong = flow.stamps.ticks(stamps.tsval)
        if wrong is not None:
            flow.refused(wrong, n, whole=False)


def echoes(flow: WireFlow, tsecr: int, n: int) -> None:
    """TSecr is one of the peer's timestamps, and at the target's own vantage in order."""
    judged = flow.stamps.echoes(tsecr, flow.last_ns, midway=flow.seen.midway, in_order=flow.exact)
    if not judged.sure:
        flow.seen.withhold("the echo of a timestamp that came in no packet of the capture")
    elif judged.wrong is None:
        flow.seen.count(ECHO)
    else:
        flow.refused(judged.wrong, n, whole=True)
