"""What the headers of the target may hold, whatever the numbers (RFC 9293, 3.2; RFC 7323)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.rules.departure import Refusal
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import offset
from tcpassay.wire import (
    ACK,
    RST,
    SYN,
    EndOfList,
    FastOpen,
    MaximumSegmentSize,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
)

if TYPE_CHECKING:
    from tcpassay.wire import Option, Segment

#: RFC 7323, 5.4: the fastest clock has gone half round after 24.8 days.
COMPARABLE_NS = 24 * 86_400 * NS_PER_S


class Headers:
    """The options of the peer's SYN, and the target's latest timestamp."""

    __slots__ = ("_at", "_offered", "_peer_syn", "_tsval", "_tsvals")

    def __init__(self) -> None:
        self._peer_syn: Segment | None = None
        self._tsval: int | None = None
        #: Timestamps of the peer's SYN, and of the same sent again: which of them counts is open.
        self._tsvals: tuple[int, ...] = ()
        self._at = 0
        self._offered = False

    def hears(self, syn: Segment) -> None:
        """The SYN of the peer that a SYN,ACK may answer."""
        offered = tuple(o.tsval for o in syn.options if isinstance(o, Timestamps))
        again = self._peer_syn is not None and self._peer_syn.seq == syn.seq
        self._tsvals = tuple(dict.fromkeys((*self._tsvals, *offered))) if again else offered
        self._peer_syn = syn

    def wrong(self, segment: Segment, now: int) -> Refusal | None:
        """What stands against a segment of the target's."""
        since, self._at = now - self._at, now
        if since > COMPARABLE_NS:
            self._tsval = None
        if segment.reserved:
            why = f"reserved control bits {segment.reserved:#x}"
            return Refusal("RFC9293:3.1-RSRVD-TX", why, "0")
        if not segment.options:
            return self._syn(segment) if segment.flags & SYN else None
        wrong = self._syn(segment) if segment.flags & SYN else self._later(segment)
        last = segment.options[-1]
        if isinstance(last, EndOfList) and any(last.trailer):
            why = "more than zeros behind the end of the options"
            return Refusal("RFC9293:MUST-69", why, "zeros")
        odd = [option for option in segment.options if no_option(option)]
        if odd:
            why = f"an option of kind {odd[0].kind} whose length is not that kind's"
            return Refusal("RFC9293:MUST-68", why, "a length that is the option's")
        return wrong

    def _later(self, segment: Segment) -> Refusal | None:
        wrong = None
        for option in segment.options:
            if isinstance(option, Timestamps):
                wrong = wrong or self._timestamp(segment, option.tsval)
            elif isinstance(option, MaximumSegmentSize):
                wrong = Refusal("RFC9293:MUST-65", "an MSS option outside a SYN", "none")
            elif isinstance(option, FastOpen):
                why = "an option for fast open outside a SYN"
                wrong = Refusal("RFC7413:4.1.1-FORMAT", why, "none")
            elif isinstance(option, WindowScale):
                why = "a window scale option outside a SYN"
                wrong = Refusal("RFC7323:2.2-NEGOTIATE", why, "none")
        return wrong

    def _timestamp(self, segment: Segment, tsval: int) -> Refusal | None:
        if segment.flags & RST:
            return None
        latest, self._tsval = self._tsval, tsval
        if latest is not None and offset(tsval, latest) < 0:
            self._tsval = latest
            why = f"TSval={tsval}, which goes back"
            return Refusal("RFC7323:5.4-TSVAL-MONOTONE", why, f"at least {latest}")
        return None

    def _syn(self, segment: Segment) -> Refusal | None:
        kinds = {type(option) for option in segment.options}
        if MaximumSegmentSize not in kinds:
            return Refusal("RFC9293:MUST-14", "a SYN without an MSS option", "an MSS option")
        # A SYN,ACK of crossed SYNs repeats what the target's own SYN has offered.
        peer_syn = self._peer_syn if segment.flags & ACK and not self._offered else None
        self._offered = self._offered or not segment.flags & ACK
        if peer_syn and WindowScale in kinds and not _has(peer_syn, WindowScale):
            why = "a window scale that the SYN has not offered"
            return Refusal("RFC7323:2.2-SYNACK-ONLY-IF", why, "none")
        stamps = timestamps(segment)
        return self._stamped_syn(segment, stamps, peer_syn) if stamps else None

    def _stamped_syn(
        self, segment: Segment, stamps: Timestamps, peer_syn: Segment | None
    ) -> Refusal | None:
        self._tsval = stamps.tsval
        if not segment.flags & ACK and stamps.tsecr:
            why = f"TSecr={stamps.tsecr} in a SYN"
            return Refusal("RFC7323:3.2-TSECR-ZERO", why, "TSecr=0")
        if peer_syn is None:
            return None
        if not _has(peer_syn, Timestamps):
            why = "timestamps that the SYN has not offered"
            return Refusal("RFC7323:3.2-SYNACK-ONLY-IF", why, "none")
        if stamps.tsecr not in self._tsvals:
            right = " or ".join(f"TSecr={tsval}" for tsval in self._tsvals)
            return Refusal("RFC7323:3.2-SYNACK-ECHO", f"TSecr={stamps.tsecr}", right)
        return None


def no_option(option: Option) -> bool:
    """Whether octets have a kind that is known and a length that is not that kind's (MUST-68)."""
    if isinstance(option, UnknownOption):
        return option.kind in _KINDS
    return isinstance(option, UnreadableOptions)


#: Kinds of options with a form of their own: RFC 9293, 3.2; RFC 7323; RFC 2018.
_KINDS = frozenset({2, 3, 4, 5, 8})


def _has(segment: Segment, kind: type) -> bool:
    return any(isinstance(option, kind) for option in segment.options)
