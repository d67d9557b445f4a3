"""What the options of one segment of the target's must be, whatever its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.rules.departure import Refusal
from tcpassay.wire import (
    ACK,
    SYN,
    MaximumSegmentSize,
    Sack,
    SackPermitted,
    Segment,
    Timestamps,
    WindowScale,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Offer(NamedTuple):
    """The options of a SYN, as far as a connection depends on them; `known` once one was seen."""

    known: bool = False
    mss: int | None = None
    scale: int | None = None
    sack: bool = False
    stamps: bool = False


def offer_of(segment: Segment) -> Offer:
    """What a SYN offers."""
    offer = Offer(known=True)
    for option in segment.options:
        if isinstance(option, MaximumSegmentSize):
            offer = offer._replace(mss=option.value)
        elif isinstance(option, WindowScale):
            offer = offer._replace(scale=min(option.shift, 14))
        elif isinstance(option, SackPermitted):
            offer = offer._replace(sack=True)
        elif isinstance(option, Timestamps):
            offer = offer._replace(stamps=True)
    return offer


def faults(segment: Segment, peer: Offer) -> Iterator[Refusal]:
    """Everything wrong with the options of the target's `segment`; `peer` is its peer's offer."""
    if segment.reserved:
        why = f"reserved bits {segment.reserved:#x}"
        yield Refusal("RFC9293:3.1-RSRVD-TX", why, "0")
    syn = segment.flags & SYN
    answered = syn and segment.flags & ACK and peer.known
    for option in segment.options:
        if isinstance(option, Sack):
            if peer.known and not peer.sack:
                why = "SACK, and the peer has not permitted it"
                yield Refusal("RFC2018:4-NOT-UNNEGOTIATED", why, "no SACK option")
        elif isinstance(option, MaximumSegmentSize):
            if not syn:
                yield Refusal("RFC9293:MUST-65", "an MSS option outside a SYN", "none")
        elif isinstance(option, SackPermitted):
            if not syn:
                yield Refusal("RFC2018:2-SYN-ONLY", "SACK-permitted outside a SYN", "none")
        elif isinstance(option, WindowScale):
            if answered and peer.scale is None:
                why = "a window scale, and the SYN had none"
                yield Refusal("RFC7323:2.2-SYNACK-ONLY-IF", why, "none")
        elif isinstance(option, Timestamps) and answered and not peer.stamps:
            why = "a timestamp, and the SYN had none"
            yield Refusal("RFC7323:3.2-SYNACK-ONLY-IF", why, "none")
